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
