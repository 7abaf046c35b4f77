import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Document } from 'mongodb';

/*
 * The driver copies encoded documents three times on their way to the socket, and V8 keeps the copies until its next
 * collection. What is used here to avoid that is not part of the driver's public interface: if a later driver has it
 * elsewhere, the driver copies.
 */

/** The driver's class for documents that are already serialized. */
type Sequence = { readonly header: Buffer; push(document: Document, bytes: Uint8Array): number; toBin(): Buffer };
type SequenceClass = new (field: string) => Sequence;

type Request = { readonly command?: Document; toBin(): Buffer[] };
type WriteOptions = { readonly agreedCompressor?: string };
type Connection = { readonly socket: Socket };
type WriteCommand = (this: Connection, request: Request, options: WriteOptions) => Promise<void>;

const Driver = loaded<{ DocumentSequence?: SequenceClass }>('commands.js')?.DocumentSequence;

/** Documents in one buffer, which a connection sends as they are. */
class EncodedDocuments extends (Driver ?? (Object as unknown as SequenceClass)) {
  readonly bytes: Uint8Array;
  /** Whether the message that is being made has all but the documents, which follow it. */
  followApart = false;

  constructor(field: string, bytes: Uint8Array) {
    super(field);
    this.bytes = bytes;
    this.push({}, bytes);
  }

  override toBin(): Buffer {
    return this.followApart ? this.header : super.toBin();
  }
}

/** A sequence of these documents for a command's field; undefined if the driver has none. */
export function encodedDocuments(field: string, bytes: Uint8Array): object | undefined {
  return Driver && new EncodedDocuments(field, bytes);
}

const connection = loaded<{ Connection?: { prototype: { writeCommand?: WriteCommand } } }>('connection.js');
const prototype = connection?.Connection?.prototype;
if (Driver && prototype?.writeCommand) {
  const copying = prototype.writeCommand;
  prototype.writeCommand = function (request, options) {
    const sequence = Object.values(request.command ?? {}).find((value) => value instanceof EncodedDocuments);
    if (!sequence || options.agreedCompressor !== 'none') return copying.call(this, request, options);
    return writeApart(this.socket, request, sequence);
  };
}

/** Resolves once the kernel has the whole message, so that nothing refers to the documents any more. */
async function writeApart(socket: Socket, request: Request, documents: EncodedDocuments): Promise<void> {
  documents.followApart = true;
  const head = Buffer.concat(request.toBin());
  head.writeInt32LE(head.length + documents.bytes.length, 0);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.write(head);
  socket.write(documents.bytes, (error) => (error ? reject(error) : resolve()));
  await promise;
}

function loaded<Module>(file: string): Module | undefined {
  try {
    return createRequire(import.meta.url)(`mongodb/lib/cmap/${file}`) as Module;
  } catch {
    return undefined;
  }
}
