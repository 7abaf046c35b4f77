import { type Source, TRANSPORTS } from '../../../model/message.ts';
import { ByteReader } from './bytes.ts';
import { damaged } from './format.ts';

/** Kind → number of its app, and its priority. */
export type Kinds = { readonly app: Uint16Array; readonly priority: Uint8Array };

/** Reads the section `COLUMN.kinds` of a block of `rows` rows. */
export function readKinds(section: Buffer, rows: number): Kinds {
  const reader = new ByteReader(section);
  const count = reader.varint();
  if (count > rows) throw damaged(`it has ${count} kinds`);
  const app = Uint16Array.from({ length: count }, () => reader.varint());
  return { app, priority: Uint8Array.from(reader.take(count)) };
}

/** Kind → its first place; one more entry holds the number of places. */
export function kindStarts(kindOf: Uint16Array, kinds: number): Uint16Array {
  const starts = new Uint16Array(kinds + 1);
  let highest = 0;
  for (let row = 0; row < kindOf.length; row++) {
    const kind = kindOf[row]!;
    if (kind > highest) highest = kind;
    starts[kind + 1]!++;
  }
  if (highest >= kinds) throw damaged(`a row is of kind ${highest} of ${kinds}`);
  for (let kind = 0; kind < kinds; kind++) starts[kind + 1]! += starts[kind]!;
  return starts;
}

/** Reads the section `COLUMN.sources` of a block of `rows` rows. */
export function readSources(section: Buffer, rows: number): Source[] {
  const reader = new ByteReader(section);
  const count = reader.varint();
  if (count > rows) throw damaged(`it has ${count} sources`);
  return Array.from({ length: count }, () => readSource(reader));
}

function readSource(reader: ByteReader): Source {
  const transport = TRANSPORTS[reader.u8()];
  if (transport === undefined) throw damaged('a source has an unknown transport');
  const port = reader.varint();
  const ip = reader.text();
  const listener = reader.text();
  return { ip, port, transport, listener, ...(reader.u8() === 1 && { peer_cn: reader.text() }) };
}
