/** Frame numbers go up to 999999999 and then begin at 1 again (librelp's doc/relp.md). */
const LAST_NUMBER = 999_999_999;

/**
 * The frames of a RELP session that are not answered yet. A server may answer them in any order;
 * a frame counts as answered once all before it are, since the position of a forward has no holes.
 */
export class RelpWindow {
  #sent = 0;
  #answered = 0;
  /** The number of the next frame. */
  #next: number;
  /** Answers to frames behind one that is not answered. */
  readonly #early = new Map<number, string>();
  readonly #onAnswer: (answer: string, frame: number) => void;

  /** @param onAnswer is called for each frame in order; the first one is 0 */
  constructor(onAnswer: (answer: string, frame: number) => void, first = 1) {
    this.#onAnswer = onAnswer;
    this.#next = first;
  }

  /** Frames answered, with all before them. */
  get answered(): number {
    return this.#answered;
  }

  /** Frames on their way. */
  get open(): number {
    return this.#sent - this.#answered;
  }

  /** @returns the number of a frame that is sent now */
  send(): number {
    const number = this.#next;
    this.#next = number === LAST_NUMBER ? 1 : number + 1;
    this.#sent++;
    return number;
  }

  /** @returns false if no frame with this number waits for an answer */
  answer(number: number, answer: string): boolean {
    const back = (((this.#next - number) % LAST_NUMBER) + LAST_NUMBER) % LAST_NUMBER;
    const frame = this.#sent - back;
    if (number < 1 || number > LAST_NUMBER || back === 0 || frame < this.#answered) return false;
    if (this.#early.has(frame)) return false;
    this.#early.set(frame, answer);
    this.#passOn();
    return true;
  }

  #passOn(): void {
    for (;;) {
      const answer = this.#early.get(this.#answered);
      if (answer === undefined) return;
      this.#early.delete(this.#answered);
      this.#onAnswer(answer, this.#answered++);
    }
  }
}
