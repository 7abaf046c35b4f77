import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Frees the memory of bytes that are no longer needed, without waiting for V8's collector: V8
 * counts such memory as external and would let tens of megabytes of it pile up. Only a view that
 * spans its whole buffer is freed; one that shares its buffer with others (a slice, a piece of
 * Node's pool) is left alone.
 */
export function releaseMemory(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (bytes.length > 0 && buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length) buffer.transfer(0);
}

/** Smaller bytes may lie in Node's pool, and are not worth it. */
const WORTH_RELEASING = 1 << 18;

/**
 * `releaseMemory` for bytes that were unpacked into a buffer that nothing else uses, which may be
 * somewhat longer.
 */
export function releaseUnpacked(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (bytes.length >= WORTH_RELEASING && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

type Collect = (options: {
  readonly type: 'major';
  readonly execution: 'sync';
  readonly flavor: 'last-resort';
}) => void;

let collect: Collect | undefined;

/**
 * Collects the heap of the calling thread and gives free memory back to the system; takes some tens of milliseconds. V8
 * alone keeps what a start or a burst left behind for as long as little happens.
 */
export function collectHeap(): void {
  // Node has no other way to V8's collector without a flag on the command line.
  setFlagsFromString('--expose-gc');
  collect ??= runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
