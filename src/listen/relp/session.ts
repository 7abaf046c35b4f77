import { createRelpFramer, numberAfter, type RelpCommand, type RelpFramer } from '../../frame/index.ts';
import type { AnswerProtocol } from '../stream/answers.ts';

/** Reading pauses when more answers than this wait for a message before them to become durable. */
const MAX_WAITING_ANSWERS = 4096;
/** Limits of an offer's name, of a value, and of the number of values: the same as librelp's. */
const MAX_NAME = 32;
const MAX_VALUE = 255;
const MAX_VALUES = 64;

/** Answers without their number: the length and the data. */
const OK = '6 200 OK';
const CLOSED = '0';
/** `relp_version` is that of librelp: its clients disconnect if the server's version is above their own. */
const OPENED = answer('200 OK\nrelp_version=0\nrelp_software=cordwood\ncommands=syslog');

/**
 * The server's side of one RELP session (librelp's doc/relp.md). Every frame is answered, in the order of the numbers;
 * a message only once it is durable. Only an `open` that cannot be met is refused: a refusal of a message would make
 * librelp discard it.
 */
export class RelpSession implements AnswerProtocol {
  readonly framer: RelpFramer;
  readonly closeNotice = '0 serverclose 0\n';
  closed = false;
  #refused: string | undefined;
  /** What is still to be answered, in order: a number of messages, or the answer to another command. */
  #pending: (number | string)[] = [];
  #ready = '';
  /** The number of the frame that is answered next. */
  #next: number;

  /** @param options.first the number of the session's first frame; default 1 */
  constructor(options: { readonly maxFrame: number; readonly first?: number }) {
    this.#next = options.first ?? 1;
    this.framer = createRelpFramer({ ...options, onCommand: (command) => this.#onCommand(command) });
  }

  get violation(): string | undefined {
    return this.framer.violation ?? this.#refused;
  }

  get overloaded(): boolean {
    return this.#pending.length > MAX_WAITING_ANSWERS;
  }

  received(messages: number): void {
    const { length } = this.#pending;
    const last = this.#pending[length - 1];
    if (typeof last === 'number') this.#pending[length - 1] = last + messages;
    else this.#pending.push(messages);
  }

  durable(messages: number): void {
    let left = messages;
    let done = 0;
    while (left > 0) {
      const first = this.#pending[done] as number;
      const now = Math.min(first, left);
      for (let i = 0; i < now; i++) this.#answer(OK);
      left -= now;
      if (now < first) this.#pending[done] = first - now;
      else done += 1 + this.#answerCommands(done + 1);
    }
    this.#pending.splice(0, done);
  }

  takeAnswers(): string {
    const text = this.#ready;
    this.#ready = '';
    return text;
  }

  /** @returns whether the session goes on */
  #onCommand(command: RelpCommand): boolean {
    if (command.kind === 'open') this.#refused ??= objection(command.offers);
    if (command.kind === 'close') this.closed = true;
    const text = {
      open: this.#refused === undefined ? OPENED : answer(`500 ${this.#refused}`),
      close: CLOSED,
      empty: OK,
    };
    this.#pending.push(text[command.kind]);
    if (this.#pending.length === 1) this.#pending.splice(0, this.#answerCommands(0));
    return this.#refused === undefined;
  }

  /** Answers the commands from this position up to the next message. @returns how many there were */
  #answerCommands(from: number): number {
    let at = from;
    for (let text = this.#pending[at]; typeof text === 'string'; text = this.#pending[++at]) this.#answer(text);
    return at - from;
  }

  #answer(text: string): void {
    this.#ready += `${this.#next} rsp ${text}\n`;
    this.#next = numberAfter(this.#next);
  }
}

function answer(text: string): string {
  return `${text.length} ${text}`;
}

/** Why an `open` with these offers is refused; unknown offers are ignored. */
function objection(offers: string): string | undefined {
  for (const line of offers.split('\n')) {
    const [name = '', list = ''] = line.split('=', 2);
    const values = list.split(',');
    if (name.length > MAX_NAME || values.length > MAX_VALUES) return 'an offer is too long';
    if (values.some((value) => value.length > MAX_VALUE)) return 'an offer is too long';
    if (name === 'relp_version' && !/^\d{1,9}$/.test(list)) return 'relp_version is not a number';
    if (name === 'commands' && !values.includes('syslog')) return 'the command syslog is required';
  }
  return undefined;
}
