import { HEADER_BYTES, seal } from '../format/format.ts';
import { MAX_LOG, MIN_LOG } from '../format/token-filter.ts';
import type { EncoderWasm } from './encoder-wasm.ts';

/**
 * Folding stops before more of the bits than this are set: one absent token in eight is then
 * reported as present.
 */
const MAX_FILL = 0.5;

/**
 * Builds a Bloom filter of folded tokens, three bits each, in a bitmap large enough for any block.
 * When the block is complete the bitmap is folded in half until its size fits the tokens. It lies
 * in the memory of `encode.wat`, whose `scan` and `add` fill it.
 */
export class TokenFilterWriter {
  readonly #wasm: EncoderWasm;

  constructor(wasm: EncoderWasm) {
    this.#wasm = wasm;
  }

  begin(): void {
    this.#wasm.bytes.fill(0, 0, 2 ** (MAX_LOG - 3));
  }

  /** The part with all tokens added since `begin`. */
  encode(): Buffer {
    const { exports, bytes } = this.#wasm;
    let log = MAX_LOG;
    while (log > MIN_LOG && 1 - (1 - exports.fill(2 ** (log - 3)) / 2 ** log) ** 2 <= MAX_FILL) {
      log--;
      exports.halve(2 ** (log - 3));
    }
    const size = 2 ** (log - 3);
    const part = Buffer.allocUnsafeSlow(HEADER_BYTES + 1 + size);
    part[HEADER_BYTES] = log;
    bytes.copy(part, HEADER_BYTES + 1, 0, size);
    return seal(part);
  }
}
