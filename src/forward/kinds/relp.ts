import { reasonOf } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import { Ended, type OpenOutlet, type OpenOutletOptions, type Outlet, Refused } from '../contract.ts';
import type { RelpForward } from '../settings.ts';
import { dial, unreachable } from './dial.ts';
import { type AnswerFrame, RelpAnswers } from './relp-answers.ts';
import { RelpWindow } from './relp-window.ts';
import { StreamOutlet } from './stream-outlet.ts';

/** Longest time for the answers to what was sent, once a connection is to be closed, ms. */
const DRAIN_MS = 5 * SECOND;
/** Longest time for the answer to `open`, ms: the next address must not wait for long. */
const OPEN_MS = 30 * SECOND;

/** With TLS 1.3, a server sees our certificate only after our side of the handshake is over. */
const REFUSED = 'it closed the connection after the handshake; it may have refused our certificate';

/** Opens a RELP session (librelp's doc/relp.md): each line is done once the receiver has acknowledged it. */
export const openRelpOutlet: OpenOutlet<RelpForward> = async (settings, { to, version, signal }) => {
  const socket = await dial(to, { tls: settings.tls, timeoutMs: settings.timeout, signal });
  const outlet = new RelpOutlet(socket, settings, to);
  const abort = (): void => outlet.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await outlet.open(version);
    return outlet;
  } catch (error) {
    outlet.abort(error);
    const isRefused = settings.tls?.cert !== undefined && /it closed the connection$/.test(reasonOf(error));
    throw signal.aborted ? signal.reason : unreachable(to, isRefused ? new Error(REFUSED) : error);
  } finally {
    signal.removeEventListener('abort', abort);
  }
};

class RelpOutlet implements Outlet {
  isCordwood = false;
  readonly #stream: StreamOutlet;
  readonly #window: number;
  readonly #openMs: number;
  readonly #answers: RelpAnswers;
  /** The first frame is `open`. */
  readonly #frames = new RelpWindow((answer, frame) => this.#onAnswer(answer, frame));
  #opened: string | undefined;
  #ending = false;
  /** Lines that were refused, and the first answer of that kind. */
  readonly #refused: number[] = [];
  #refusal = '';

  constructor(socket: Awaited<ReturnType<typeof dial>>, { window, timeout }: RelpForward, to: OpenOutletOptions['to']) {
    this.#window = window;
    this.#openMs = Math.min(OPEN_MS, timeout);
    this.#stream = new StreamOutlet(socket, to, timeout);
    this.#answers = new RelpAnswers((frame) => this.#onFrame(frame));
    socket.on('data', (chunk) => this.#read(chunk));
  }

  /** @throws if the session is refused */
  async open(version: string): Promise<void> {
    this.#frame('open', `relp_version=0\nrelp_software=cordwood,${version}\ncommands=syslog`);
    this.flush();
    const until = performance.now() + this.#openMs;
    while (this.#opened === undefined) {
      if (performance.now() > until) throw new Error('it did not answer the opening of the RELP session');
      await this.#stream.change(100);
    }
    const [status = '', ...offers] = this.#opened.split('\n');
    if (!status.startsWith('200')) throw new Error(`it refused the RELP session: ${status}`);
    const commands = offers.find((line) => line.startsWith('commands='));
    if (commands !== undefined && !commands.slice(9).split(',').includes('syslog'))
      throw new Error('it does not take the RELP command syslog');
    this.isCordwood = offers.some((line) => /^relp_software=cordwood\b/.test(line));
  }

  get done(): number {
    return Math.max(0, (this.#refused[0] ?? this.#frames.answered) - 1);
  }

  room(): Promise<void> | undefined {
    if (this.#isOver) return this.#finish();
    if (this.#stream.failure !== undefined) throw this.#stream.failure;
    if (this.#frames.open < this.#window && !this.#stream.isBlocked) return undefined;
    this.flush();
    return this.progress(SECOND);
  }

  send(line: string, bytes: number): void {
    this.#frame('syslog', line, bytes);
  }

  flush(): void {
    this.#stream.flush();
  }

  async progress(ms: number): Promise<void> {
    if (!this.#isOver) await this.#stream.change(ms);
    if (this.#isOver) await this.#finish();
  }

  abort(reason: unknown): void {
    this.#stream.fail(reason, true);
    this.#stream.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stream.failure === undefined) {
      this.flush();
      await this.#drain().catch(() => {});
    }
    if (this.#stream.failure === undefined) {
      this.#frame('close', '');
      this.flush();
      await this.#stream.end(SECOND);
    }
    this.#stream.close();
  }

  #frame(command: string, data: string, bytes = Buffer.byteLength(data)): void {
    const head = `${this.#frames.send()} ${command} ${bytes}${bytes > 0 ? ' ' : ''}`;
    this.#stream.expects(true);
    this.#stream.write(`${head}${data}\n`, head.length + bytes + 1);
  }

  #read(chunk: Buffer): void {
    const violation = this.#answers.push(chunk.toString('latin1'));
    if (violation !== undefined) this.#stream.fail(new Error(violation));
    this.#stream.expects(this.#frames.open > 0);
    this.#stream.heard();
  }

  /** @returns what is wrong with the frame, if anything is */
  #onFrame({ number, command, data }: AnswerFrame): string | undefined {
    if (command === 'serverclose') this.#ending = true;
    else if (!this.#frames.answer(number, data)) return `it answered the frame ${number}, which waits for no answer`;
    return undefined;
  }

  #onAnswer(answer: string, frame: number): void {
    if (frame === 0) this.#opened = answer;
    else if (!answer.startsWith('200')) {
      this.#refusal ||= answer.slice(0, 200);
      this.#refused.push(frame);
    }
  }

  /** Whether no more is sent: the receiver closes the session, or has refused a line. */
  get #isOver(): boolean {
    return this.#ending || this.#refused.length > 0;
  }

  /** Waits for the answers to what was sent. @throws Refused, or Ended */
  async #finish(): Promise<never> {
    try {
      await this.#drain();
    } catch (error) {
      if (this.#refused.length === 0) throw error;
    }
    if (this.#refused.length > 0) throw new Refused(this.#refused, this.#frames.answered - 1, this.#refusal);
    throw new Ended('the receiver closed the connection in order');
  }

  async #drain(): Promise<void> {
    const until = performance.now() + DRAIN_MS;
    while (this.#frames.open > 0 && performance.now() < until) await this.#stream.change(100);
  }
}
