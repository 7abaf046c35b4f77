/**
 * The parts of a message's id. An id has 16 bytes, big-endian: 6 for the arrival, 2 for the node, 8
 * for the sequence. It is written as 32 hex digits; their order as text is the order of the bytes
 * and of arrival.
 */
export type Position = {
  /** ms since 1970. */
  readonly receivedAt: number;
  /** The number of the receiver, 0–65535. */
  readonly node: number;
  /** The number of the message on that node, 0–2^53-1. */
  readonly sequence: number;
};

/** The last millisecond that 6 bytes hold, in the year 10889. */
const MAX_RECEIVED_AT = 2 ** 48 - 1;

export function encodeId(receivedAt: number, node: number, sequence: number): string {
  const high = Math.floor(sequence / 256);
  if (receivedAt !== written.receivedAt || node !== written.node || high !== written.high) {
    written = { receivedAt, node, high, text: hex(receivedAt, 12) + hex(node, 4) + hex(high, 14) };
  }
  return written.text + LAST_BYTES[sequence - high * 256]!;
}

/** The last byte of an id as text. */
const LAST_BYTES = Array.from({ length: 256 }, (_, byte) => hex(byte, 2));

/** All but the last byte of the id that was written last: ids are mostly written one after the other. */
let written = { receivedAt: 0, node: 0, high: 0, text: '0'.repeat(30) };

/** The position of an id; undefined if the text is not 32 lower-case hex digits. */
export function decodeId(id: string): Position | undefined {
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
  return { receivedAt: arrivalOf(id), node: nodeOf(id), sequence: sequenceOf(id) };
}

/** The time of arrival in a valid id, ms since 1970. */
export function arrivalOf(id: string): number {
  return Number.parseInt(id.slice(0, 12), 16);
}

/** The node in a valid id. */
export function nodeOf(id: string): number {
  return Number.parseInt(id.slice(12, 16), 16);
}

/** The sequence in a valid id. */
export function sequenceOf(id: string): number {
  return Number.parseInt(id.slice(16), 16);
}

export function idOf(position: Position): string {
  return encodeId(position.receivedAt, position.node, position.sequence);
}

/**
 * The lowest id at or after a time (ms, clamped to the range of ids): bounds of time are bounds of
 * `_id`.
 */
export function firstIdAt(receivedAt: number): string {
  return encodeId(Math.min(MAX_RECEIVED_AT, Math.max(0, Math.ceil(receivedAt))), 0, 0);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** The highest possible id of a node; no message has it. */
export function lastIdOf(node: number): string {
  return encodeId(2 ** 48 - 1, node, Number.MAX_SAFE_INTEGER);
}
