import type { Socket } from 'node:net';
import { SECOND } from '../../base/units.ts';

/** Reading pauses while so many bytes of answers wait for the sender to read them. */
const MAX_UNREAD_BYTES = 64 << 10;
/** How long input is still read, and ignored, after the last answer, ms: see `hangUp`. */
const LINGER_MS = 250;
/** How long a sender may take to read the last answers, ms. */
const LAST_ANSWER_MS = 10 * SECOND;

/** The answering side of a protocol in which senders wait for acknowledgements. */
export interface AnswerProtocol {
  /** So many more messages were handed to the spool, after everything that was received before them. */
  received(messages: number): void;
  /** So many of the oldest messages have become durable. */
  durable(messages: number): void;
  /** Returns the answers that are due now, in order, and forgets them; empty if none are. */
  takeAnswers(): string;
  /** Whether so many answers are waiting that reading should pause. */
  readonly overloaded: boolean;
  /** Whether the sender has closed the session in order. */
  readonly closed: boolean;
  /** The protocol rule that the sender violated, in words. */
  readonly violation: string | undefined;
  /** Sent last if this server ends the session. */
  readonly closeNotice: string;
}

/** Writes the answers of one connection to its socket, in as few writes as possible. */
export class Answers {
  readonly #socket: Socket;
  readonly #protocol: AnswerProtocol;
  #isScheduled = false;
  #hungUp = false;

  constructor(socket: Socket, protocol: AnswerProtocol) {
    this.#socket = socket;
    this.#protocol = protocol;
  }

  /** Whether reading should pause until the sender has read, or this server has written, more answers. */
  get behind(): boolean {
    return this.#protocol.overloaded || this.#socket.writableLength > MAX_UNREAD_BYTES;
  }

  /** Writes the answers that are due once this turn is over: one fsync makes many records of a connection durable. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => this.#flush());
  }

  /**
   * Writes the remaining answers and ends the connection. The kernel resets a socket that is closed with unread bytes
   * in it, and answers on their way are lost with it. So for a moment, input is still read and ignored: it was not
   * acknowledged, and its sender still has it.
   */
  hangUp(sendCloseNotice: boolean): void {
    if (this.#hungUp) return;
    this.#hungUp = true;
    this.#flush();
    if (sendCloseNotice) this.#write(this.#protocol.closeNotice);
    const socket = this.#socket;
    socket.end();
    socket.resume();
    socket.setTimeout(LAST_ANSWER_MS, () => socket.destroy());
    const lingering = setTimeout(() => socket.destroySoon(), LINGER_MS);
    socket.once('close', () => clearTimeout(lingering));
  }

  #flush(): void {
    this.#isScheduled = false;
    this.#write(this.#protocol.takeAnswers());
  }

  #write(text: string): void {
    if (text !== '' && this.#socket.writable) this.#socket.write(text, 'latin1');
  }
}
