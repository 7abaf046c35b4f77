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
