/** Messages a second over the last minute, sampled once a second. */
export class Rate {
  readonly #seconds: number[] = [];
  #now = 0;

  add(messages: number): void {
    this.#now += messages;
  }

  tick(): void {
    this.#seconds.push(this.#now);
    this.#now = 0;
    if (this.#seconds.length > 60) this.#seconds.shift();
  }

  get perSecond(): number {
    if (this.#seconds.length === 0) return 0;
    return Math.round(this.#seconds.reduce((sum, one) => sum + one, 0) / this.#seconds.length);
  }
}
