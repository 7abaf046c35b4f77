/** Longest answer that is kept, bytes: librelp's own limit is far below. */
const MAX_ANSWER = 64 << 10;
/** Longest header: a number, a command and a length. */
const MAX_HEADER = 64;

/** A frame of a server; `number` is that of the frame that it answers, or 0. */
export type AnswerFrame = { readonly number: number; readonly command: string; readonly data: string };

/** Reads the frames that a RELP server sends: `1 rsp 6 200 OK\n`, `0 serverclose 0\n`. */
export class RelpAnswers {
  readonly #onFrame: (frame: AnswerFrame) => string | undefined;
  #text = '';

  /** @param onFrame returns what is wrong with a frame, if anything is */
  constructor(onFrame: (frame: AnswerFrame) => string | undefined) {
    this.#onFrame = onFrame;
  }

  /** @param text bytes as Latin-1 @returns what is wrong with them; undefined if nothing is */
  push(text: string): string | undefined {
    this.#text += text;
    let at = 0;
    for (;;) {
      const lineEnd = this.#text.indexOf('\n', at);
      const head = /(\d{1,9}) ([a-z]{1,32}) (\d{1,9})(?=[ \n])/y;
      head.lastIndex = at;
      const match = head.exec(this.#text);
      if (!match) {
        const isWhole = lineEnd >= 0 || this.#text.length - at > MAX_HEADER;
        this.#text = this.#text.slice(at);
        return isWhole ? 'its answer is not RELP' : undefined;
      }
      const octets = Number(match[3]);
      if (octets > MAX_ANSWER) return 'its answer is too long';
      // Without data, some servers write the blank after the length and some do not.
      const blank = this.#text[head.lastIndex] === ' ' ? 1 : 0;
      const end = head.lastIndex + blank + octets;
      if (this.#text.length <= end) break;
      if (this.#text[end] !== '\n') return 'its answer does not end where its length says';
      const data = this.#text.slice(head.lastIndex + blank, end);
      const fault = this.#onFrame({ number: Number(match[1]), command: match[2]!, data });
      if (fault !== undefined) return fault;
      at = end + 1;
    }
    this.#text = this.#text.slice(at);
    return undefined;
  }
}
