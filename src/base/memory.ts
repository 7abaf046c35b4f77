/**
 * Gives back the memory of bytes that nobody needs any more and that share it with no others; where it is a piece of
 * Node's pool, it stays. V8 counts such memory as somebody else's: left to its collector, tens of megabytes of it lie
 * about, and make it collect all it has.
 */
export function giveBack({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength !== Buffer.poolSize) buffer.transfer(0);
}
