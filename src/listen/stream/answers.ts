import type { Socket } from 'node:net';

/** Nothing more is asked for while so many bytes of answers wait for the sender to read them. */
const UNREAD_BYTES = 64 << 10;
/** How long we go on reading, and forgetting, what a sender sends after our last word, ms: see `hangUp`. */
const LINGER_MS = 250;
/** How long a sender may take to read our last word, ms. */
const LAST_WORD_MS = 10_000;

/** What a connection says to its sender, where the protocol has it answer. */
export interface Dialogue {
  /** So many messages were handed to the spool, after all that was asked before them. */
  took(messages: number): void;
  /** The oldest so many of them are on disk. */
  stored(messages: number): void;
  /** What can be said by now, in order, and is said with this; empty where that is nothing. */
  answers(): string;
  /** Whether so much waits for its answer that nothing more should be asked for now. */
  readonly crowded: boolean;
  /** The sender said goodbye. */
  readonly closed: boolean;
  /** The rule that the sender broke, in words. */
  readonly violation: string | undefined;
  /** What to say last where it is we who leave. */
  readonly farewell: string;
}

/** The speaking side of a connection: what its dialogue says goes out in as few writes as possible. */
export class Answers {
  readonly #socket: Socket;
  readonly #dialogue: Dialogue;
  #isDue = false;
  #hungUp = false;

  constructor(socket: Socket, dialogue: Dialogue) {
    this.#socket = socket;
    this.#dialogue = dialogue;
  }

  /** Whether the sender is to be read no further until it has read, or we have said, more. */
  get behind(): boolean {
    return this.#dialogue.crowded || this.#socket.writableLength > UNREAD_BYTES;
  }

  /** Says what can be said once this turn is over: one fsync settles many records of a connection. */
  soon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => this.now());
  }

  now(): void {
    this.#isDue = false;
    this.#say(this.#dialogue.answers());
  }

  /**
   * Says the rest and ends. A socket that is closed with bytes in it that nobody read is reset, and the answers on
   * their way are lost with it: so what still comes is read for a moment, and forgotten. It was not answered, and its
   * sender has it still.
   */
  hangUp(weLeave: boolean): void {
    if (this.#hungUp) return;
    this.#hungUp = true;
    this.now();
    if (weLeave) this.#say(this.#dialogue.farewell);
    const socket = this.#socket;
    socket.end();
    socket.resume();
    socket.setTimeout(LAST_WORD_MS, () => socket.destroy());
    const lingering = setTimeout(() => socket.destroySoon(), LINGER_MS);
    socket.once('close', () => clearTimeout(lingering));
  }

  #say(text: string): void {
    if (text !== '' && this.#socket.writable) this.#socket.write(text, 'latin1');
  }
}
