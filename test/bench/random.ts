/** A small seeded generator (xorshift32): the same seed gives the same corpus on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2654435761) >>> 0 || 1;
  }

  /** A whole number 0 ≤ n < 2^32. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }

  /** 0 ≤ n < `limit`, all alike. */
  below(limit: number): number {
    return Math.floor((this.next() / 4294967296) * limit);
  }

  /** 0 ≤ n < `limit`, small ones far more often. */
  skewed(limit: number): number {
    const unit = this.next() / 4294967296;
    return Math.floor(unit * unit * unit * limit);
  }

  hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += this.next().toString(16).padStart(8, '0');
    return text.slice(0, digits);
  }
}
