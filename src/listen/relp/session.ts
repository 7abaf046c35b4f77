import { createRelpFramer, numberAfter, type RelpCommand, type RelpFramer } from '../../frame/index.ts';
import type { Dialogue } from '../stream/answers.ts';

/** More answers than this that wait for a message before them: nothing more is read. */
const MOST_WAITING = 4096;
/** What a name, a value and the values of one offer may be at most: librelp's own limits. */
const LONGEST_NAME = 32;
const LONGEST_VALUE = 255;
const MOST_VALUES = 64;

/** An answer without its number: its length, and what it says. */
const OK = '6 200 OK';
const CLOSED = '0';
/** The version is that of librelp, whose clients leave where a server's is above their own. */
const OPENED = answer('200 OK\nrelp_version=0\nrelp_software=cordwood\ncommands=syslog');

/**
 * The server's side of one RELP session (librelp's doc/relp.md). Every frame has its answer, in the order of their
 * numbers; that of a message comes only once it is on disk. A refusal would have librelp forget the message: there is
 * none but for an `open` that cannot be met.
 */
export class RelpSession implements Dialogue {
  readonly framer: RelpFramer;
  readonly farewell = '0 serverclose 0\n';
  closed = false;
  #refused: string | undefined;
  /** What is to be answered, in order: how many messages, or the answer to something else. */
  #due: (number | string)[] = [];
  #ready = '';
  /** The number of the frame that is answered next. */
  #next: number;

  /** @param options.first the number of the session's first frame; 1 unless told */
  constructor(options: { readonly maxFrame: number; readonly first?: number }) {
    this.#next = options.first ?? 1;
    this.framer = createRelpFramer({ ...options, onCommand: (command) => this.#heed(command) });
  }

  get violation(): string | undefined {
    return this.framer.violation ?? this.#refused;
  }

  get crowded(): boolean {
    return this.#due.length > MOST_WAITING;
  }

  took(messages: number): void {
    const { length } = this.#due;
    const last = this.#due[length - 1];
    if (typeof last === 'number') this.#due[length - 1] = last + messages;
    else this.#due.push(messages);
  }

  stored(messages: number): void {
    let left = messages;
    let done = 0;
    while (left > 0) {
      const first = this.#due[done] as number;
      const now = Math.min(first, left);
      for (let i = 0; i < now; i++) this.#answer(OK);
      left -= now;
      if (now < first) this.#due[done] = first - now;
      else done += 1 + this.#sayTexts(done + 1);
    }
    this.#due.splice(0, done);
  }

  answers(): string {
    const text = this.#ready;
    this.#ready = '';
    return text;
  }

  /** @returns whether the session goes on */
  #heed(command: RelpCommand): boolean {
    if (command.kind === 'open') this.#refused ??= objection(command.offers);
    if (command.kind === 'close') this.closed = true;
    const text = {
      open: this.#refused === undefined ? OPENED : answer(`500 ${this.#refused}`),
      close: CLOSED,
      empty: OK,
    };
    this.#due.push(text[command.kind]);
    if (this.#due.length === 1) this.#due.splice(0, this.#sayTexts(0));
    return this.#refused === undefined;
  }

  /** Says the texts that are due from here on. @returns how many */
  #sayTexts(from: number): number {
    let at = from;
    for (let text = this.#due[at]; typeof text === 'string'; text = this.#due[++at]) this.#answer(text);
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

/** Why an `open` with these offers is refused; offers that nobody knows are passed over. */
function objection(offers: string): string | undefined {
  for (const line of offers.split('\n')) {
    const [name = '', list = ''] = line.split('=', 2);
    const values = list.split(',');
    if (name.length > LONGEST_NAME || values.length > MOST_VALUES) return 'an offer is too long';
    if (values.some((value) => value.length > LONGEST_VALUE)) return 'an offer is too long';
    if (name === 'relp_version' && !/^\d{1,9}$/.test(list)) return 'the version of RELP is no number';
    if (name === 'commands' && !values.includes('syslog')) return 'the command syslog is needed';
  }
  return undefined;
}
