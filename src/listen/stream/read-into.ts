import { Socket } from 'node:net';

/*
 * With the option `onread`, Node's sockets read into one buffer again and again; otherwise they allocate 64 KiB for each
 * read. Sockets that a server accepts cannot be given the option. So this sets what the option sets: three properties
 * whose names are symbols, and the buffer of the handle. If they are not as expected, sockets emit `data` as usual.
 */

/** The properties of a socket with `onread`: its buffer, and what is called with the number of bytes read. */
const [BUFFER, CALLBACK] = ['kBuffer', 'kBufferCb'].map(symbolOf);

type Internals = Record<symbol, unknown> & {
  readonly _handle?: { readonly reading?: boolean; useUserBuffer?(buffer: Uint8Array): void } | null;
};

/**
 * Has a socket that has read nothing yet read into `room`, and call `onBytes` with what it read, instead of emitting
 * `data`. `pause`, `resume`, `end` and `close` work as usual; `read` must not be called.
 * @returns false if it cannot be done: the socket is left as it was
 */
export function readInto(socket: Socket, room: Buffer, onBytes: (bytes: Buffer) => void): boolean {
  if (BUFFER === undefined || CALLBACK === undefined) return false;
  // A TLS socket gets its bytes from the one below it; what follows the header of a balancer was put back to be read.
  if ('encrypted' in socket || socket.bytesRead > 0 || socket.readableLength > 0) return false;
  const internals = socket as unknown as Internals;
  const { _handle: handle } = internals;
  if (typeof handle?.useUserBuffer !== 'function' || internals[BUFFER] !== null) return false;
  internals[BUFFER] = room;
  internals[CALLBACK] = (length: number) => {
    onBytes(room.subarray(0, length));
    return true;
  };
  handle.useUserBuffer(room);
  return true;
}

function symbolOf(name: string): symbol | undefined {
  const onread = { buffer: Buffer.alloc(1), callback: () => true };
  const symbols = Object.getOwnPropertySymbols(new Socket({ onread }));
  return symbols.find(({ description }) => description === name);
}
