import { ABSENT, type MessageBatch, SPAN, SPANS } from '../../../model/batch.ts';

/** More than the numbers of all spans of a batch. */
const PLACES = 2 ** 20;

/** Rows of which each has its own node. */
export type RowsOfNodes = { readonly batch: MessageBatch; readonly nodes?: Uint16Array };

/** Whether both have the same messages in the same order, byte for byte. */
export function sameRows(some: RowsOfNodes, others: RowsOfNodes): boolean {
  const { count } = some.batch;
  return (
    count === others.batch.count &&
    sameColumns(some, others) &&
    sameSources(some.batch, others.batch) &&
    sameTexts(some.batch, others.batch)
  );
}

function sameColumns(some: RowsOfNodes, others: RowsOfNodes): boolean {
  const { count } = some.batch;
  const columns = columnsOf(others);
  return columnsOf(some).every(([values, width], at) => {
    const [own, other] = [values, columns[at]![0]].map((all) => bytesOf(all.subarray(0, count * width)));
    return own!.equals(other!);
  });
}

/** All columns that a block keeps, and how many values a row has in each. */
function columnsOf({ batch, nodes }: RowsOfNodes): [values: NodeJS.TypedArray, width: number][] {
  const { receivedAt, sequence, priority, format, version, flags, timestamp, timestampUs, timestampOffset } = batch;
  const { originalLength, lengths } = batch;
  const wide = [receivedAt, sequence, timestamp, timestampUs, timestampOffset, flags, originalLength];
  const all = [...wide, priority, format, version, nodes ?? new Uint16Array(batch.count).fill(batch.node)];
  return [...all.map((values): [NodeJS.TypedArray, number] => [values, 1]), [lengths, SPANS]];
}

function bytesOf({ buffer, byteOffset, byteLength }: NodeJS.TypedArray): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Each batch has its own list of sources, in which one may stand several times. */
function sameSources(some: MessageBatch, others: MessageBatch): boolean {
  const texts = [some, others].map(({ sources }) =>
    sources.map((source) => JSON.stringify(Object.entries(source).sort())),
  );
  const same = new Set<number>();
  for (let row = 0; row < some.count; row++) {
    const [one, other] = [some.source[row]!, others.source[row]!];
    const pair = one * others.sources.length + other;
    if (same.has(pair)) continue;
    if (texts[0]![one] !== texts[1]![other]) return false;
    same.add(pair);
  }
  return true;
}

/** Lengths are known to be the same. */
function sameTexts(some: MessageBatch, others: MessageBatch): boolean {
  for (let span = 0; span < SPANS; span++) {
    if (!(span <= SPAN.msgid ? sameNames(some, others, span) : sameLines(some, others, span))) return false;
  }
  return true;
}

/** Names are entries of dictionaries: many rows have the same. */
function sameNames(some: MessageBatch, others: MessageBatch, span: number): boolean {
  const compared = new Map<number, number>();
  for (let index = span; index < some.count * SPANS; index += SPANS) {
    const [start, from, length] = [some.offsets[index]!, others.offsets[index]!, some.lengths[index]!];
    if (length === ABSENT || compared.get(start) === from) continue;
    if (some.arena.compare(others.arena, from, from + length, start, start + length) !== 0) return false;
    compared.set(start, from);
  }
  return true;
}

/** Most texts follow one another in both, a line feed between them: they are compared together. */
function sameLines(some: MessageBatch, others: MessageBatch, span: number): boolean {
  let [start, from, bytes] = [0, 0, -1];
  const isSame = (): boolean =>
    bytes <= 0 || some.arena.compare(others.arena, from, from + bytes, start, start + bytes) === 0;
  for (const index of inOrder(others, span)) {
    const [at, other, length] = [some.offsets[index]!, others.offsets[index]!, some.lengths[index]!];
    if (at === start + bytes + 1 && other === from + bytes + 1) bytes += 1 + length;
    else if (isSame()) [start, from, bytes] = [at, other, length];
    else return false;
  }
  return isSame();
}

/** Where a batch describes the texts of a span, in the order in which they lie in its arena. */
function inOrder({ count, offsets, lengths }: MessageBatch, span: number): Uint32Array {
  const keys = new Float64Array(count);
  let texts = 0;
  for (let index = span; index < count * SPANS; index += SPANS) {
    if (lengths[index] !== ABSENT) keys[texts++] = offsets[index]! * PLACES + index;
  }
  keys.subarray(0, texts).sort();
  const indices = new Uint32Array(texts);
  for (let text = 0; text < texts; text++) indices[text] = keys[text]! % PLACES;
  return indices;
}
