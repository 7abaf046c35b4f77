import type { FrameList } from '../../base/frame-list.ts';
import type { Socket } from 'node:net';
import { systemCode } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { Framer } from '../../frame/index.ts';
import type { Source } from '../../model/message.ts';
import type { Spool } from '../../spool/contract.ts';
import { Answers, type Dialogue } from './answers.ts';
import type { ReadBudget } from './budget.ts';
import type { Guest } from './connection-table.ts';
import type { CounterName, ListenerCounters } from '../counters.ts';
import type { DurableReport } from './durable-report.ts';
import type { HalfFrames } from './half-frames.ts';
import { bytesOf, Intake } from '../intake.ts';
import type { ThrottledWarnings } from '../../base/throttled-warnings.ts';
import type { TokenBucket, TokenBuckets } from '../token-buckets.ts';

/** A connection is read on while at most so much of it waits for its fsync. */
const WINDOW = 4 << 20;

/** ms; absent means without limit. */
export type TimeLimits = {
  readonly halfFrame: number | undefined;
  readonly firstByte: number | undefined;
  readonly idle: number | undefined;
};

/** What the connections of one listener share. */
export type ConnectionHost = {
  readonly spool: Spool;
  readonly budget: ReadBudget;
  readonly counters: ListenerCounters;
  readonly log: Logger;
  readonly warnings: ThrottledWarnings;
  readonly limits: TimeLimits;
  /** Absent where senders may send as fast as they like. */
  readonly buckets: TokenBuckets | undefined;
  readonly halves: HalfFrames<Guest>;
  /** What is kept of an unfinished message at most. */
  readonly maxFrame: number;
  readonly report: DurableReport | undefined;
  /** Aborted when a shutdown waits no longer. */
  readonly giveUp: AbortSignal;
  /** It has sent something for the first time. */
  onFirstBytes(connection: Guest): void;
  /** The socket is closed and nothing of it waits any more. */
  onDone(connection: Guest): void;
};

type PauseReason = Extract<CounterName, `paused.${string}`>;

/** How one sender speaks: what finds its messages, and what answers it. */
export type Speech = { readonly framer: Framer; readonly dialogue?: Dialogue };

/** One sender's stream: from its socket through a framer to the spool, read only as fast as that takes it in. */
export class Connection implements Guest {
  readonly source: Source;
  /**
   * Ends our side and reads on: an agent that looks before it sends (rsyslog does) connects anew and loses nothing, and
   * what it had sent until then is taken. Absent where it waits for answers: those come first, and lose it nothing.
   */
  readonly endOurSide: (() => void) | undefined;
  readonly #socket: Socket;
  readonly #framer: Framer;
  readonly #dialogue: Dialogue | undefined;
  readonly #answers: Answers | undefined;
  readonly #host: ConnectionHost;
  readonly #intake: Intake;
  readonly #bucket: TokenBucket | undefined;
  readonly #durable: ReturnType<DurableReport['open']> | undefined;
  #session: number | undefined;
  #paused = false;
  #pausedFor: PauseReason | undefined;
  /** Nothing more is read: the sender ended, the socket broke, or the listener closes. */
  #ended = false;
  /** The sender ended in order. */
  #clean = false;
  /** It is we who end. */
  #leaving = false;
  #closed = false;
  #done = false;
  /** Times on the steady clock; `#halfSince` is 0 where no frame has begun. */
  readonly #openedAt = performance.now();
  #lastAt = 0;
  #halfSince = 0;
  #tookFrames = false;
  /** The framer's counts as far as they are counted. */
  #truncated = 0;
  #empty = 0;
  #counted = 0;
  #partialDropped = 0;

  constructor(socket: Socket, speech: Speech, source: Source, host: ConnectionHost) {
    this.source = source;
    this.#socket = socket;
    this.#framer = speech.framer;
    this.#dialogue = speech.dialogue;
    this.#answers = speech.dialogue && new Answers(socket, speech.dialogue);
    this.#host = host;
    this.#bucket = host.buckets?.of(source.ip);
    this.#durable = host.report?.open(source.listener, `${source.ip}:${source.port}`);
    this.#intake = new Intake({
      spool: host.spool,
      acknowledged: speech.dialogue !== undefined,
      onDurable: this.#onDurable,
      onFailed: this.#onFailed,
      onRoom: this.#regulate,
    });
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
    if (speech.dialogue) socket.on('drain', this.#regulate);
    this.endOurSide = speech.dialogue ? undefined : () => void socket.end();
  }

  /** Stops reading, hands over what was read, and is done once that is on disk. */
  shutDown(): void {
    this.#leaving = true;
    this.#finish();
    // Who gets no answers is to notice at once: until then, whatever it writes is lost.
    if (!this.#answers && !this.#clean) this.#socket.destroy();
    this.#settle();
  }

  /** Ends at once: what the spool has not taken is dropped and counted. */
  abandon(): void {
    this.#finish();
    const { frames, bytes } = this.#intake.dropKept();
    this.#host.budget.release(bytes);
    this.#host.counters['dropped.shutdown'].add(frames);
    this.#socket.destroy();
  }

  /** Closes the connection for a reason that is counted; what was read of it is kept. */
  close(reason: CounterName): void {
    this.#host.counters[reason].add();
    this.#host.log.debug({ peer: this.#peer, reason }, 'connection closed');
    this.#finish();
    this.#socket.destroy();
  }

  /** Closes the connection where one of its times is up. While we do not read, no time runs. */
  checkTime(now: number): void {
    if (this.#paused || this.#ended) return;
    const { halfFrame, firstByte, idle } = this.#host.limits;
    if (isUp(this.#halfSince, halfFrame, now)) this.close('connections.closed.half_frame');
    else if (this.#lastAt === 0 && isUp(this.#openedAt, firstByte, now)) this.close('connections.closed.first_byte');
    else if (isUp(this.#lastAt, idle, now)) this.close('connections.closed.idle');
  }

  get isHeldBack(): boolean {
    return this.#paused && this.#pausedFor !== 'paused.rate';
  }

  get #peer(): string {
    return `${this.source.ip}:${this.source.port}`;
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#lastAt === 0) this.#host.onFirstBytes(this);
    this.#push(chunk);
    this.#lastAt = performance.now();
    this.#holdHalf();
    this.#answers?.soon();
    if (this.#dialogue?.closed || this.#dialogue?.violation) this.#part(this.#dialogue.violation);
    this.#regulate();
  };

  #holdHalf(): void {
    const { halves, maxFrame } = this.#host;
    const { pending } = this.#framer;
    const anew = this.#halfSince === 0 || this.#tookFrames;
    if (pending === 0 && this.#halfSince === 0) return;
    if (pending === 0) this.#halfSince = 0;
    else if (anew) this.#halfSince = this.#lastAt;
    halves.hold(this, Math.min(pending, maxFrame), anew);
    for (let oldest = halves.excess; oldest; oldest = halves.excess) oldest.close('connections.closed.half_frames');
  }

  /** Ends what the sender has ended, or broken; what came before that is taken and answered. */
  #part(violation: string | undefined): void {
    if (violation) {
      this.#host.counters['connections.closed.protocol'].add();
      this.#host.warnings.warn(`connection closed: ${violation}`, { peer: this.#peer });
    }
    this.#finish();
    this.#settle();
  }

  #push(chunk: Buffer): void {
    this.#tookFrames = false;
    this.#framer.push(chunk, this.#take);
    this.#intake.finish(chunk);
    this.#countFramer();
  }

  readonly #take = (frames: FrameList, parts: readonly Uint8Array[]): void => {
    const { spool, budget, counters, giveUp } = this.#host;
    const bytes = bytesOf(parts);
    this.#tookFrames = true;
    this.#session ??= spool.openSession(this.source);
    this.#dialogue?.took(frames.count);
    budget.hold(bytes);
    counters['received.frames'].add(frames.count);
    counters['received.bytes'].add(bytes);
    this.#bucket?.take(frames.count);
    this.#intake.take(this.#session, frames, parts, giveUp);
  };

  #countFramer(): void {
    const { counters } = this.#host;
    const { oversize, empty, counted, partialDropped } = this.#framer;
    if (oversize !== this.#truncated) counters.truncated.add(oversize - this.#truncated);
    if (counted !== this.#counted) counters['received.counted'].add(counted - this.#counted);
    if (empty !== this.#empty) counters['dropped.empty'].add(empty - this.#empty);
    if (partialDropped !== this.#partialDropped) counters['dropped.partial'].add(partialDropped - this.#partialDropped);
    this.#truncated = oversize;
    this.#empty = empty;
    this.#counted = counted;
    this.#partialDropped = partialDropped;
  }

  readonly #onDurable = (frames: number, bytes: number): void => {
    this.#host.budget.release(bytes);
    if (this.#durable) this.#host.report?.advance(this.#durable, frames, bytes);
    this.#dialogue?.stored(frames);
    this.#answers?.soon();
    this.#regulate();
    this.#settle();
  };

  readonly #onFailed = (error: unknown, frames: number, bytes: number): void => {
    const { budget, counters, log } = this.#host;
    budget.release(bytes);
    counters['dropped.spool_failed'].add(frames);
    if (this.#closed) this.#settle();
    else {
      log.error({ peer: this.#peer, frames, err: error }, 'connection closed: the spool lost what it had taken');
      this.close('connections.closed.spool_failed');
    }
  };

  /** Stops or resumes reading, by what waits of this connection, of all, and by whether the spool has room. */
  readonly #regulate = (): void => {
    if (this.#ended) {
      this.#settle();
      return;
    }
    const { budget } = this.#host;
    const reason = this.#reasonToPause();
    if (reason === 'paused.budget') budget.wait(this.#regulate);
    if (reason === 'paused.rate') this.#bucket?.wait(this.#regulate);
    if (!reason === !this.#paused) return;
    this.#paused = reason !== undefined;
    this.#pausedFor = reason;
    if (reason) {
      this.#host.counters[reason].add();
      this.#socket.pause();
      return;
    }
    const now = performance.now();
    if (this.#halfSince > 0) this.#halfSince = now;
    if (this.#lastAt > 0) this.#lastAt = now;
    this.#socket.resume();
  };

  #reasonToPause(): PauseReason | undefined {
    if (this.#intake.blocked) return 'paused.spool_full';
    if (this.#intake.waiting > WINDOW) return 'paused.window';
    if (this.#answers?.behind) return 'paused.answers';
    if (this.#host.budget.exceeded) return 'paused.budget';
    return this.#bucket?.isEmpty() ? 'paused.rate' : undefined;
  }

  readonly #onEnd = (): void => {
    this.#clean = true;
    this.#finish();
    this.#settle();
  };

  readonly #onError = (error: Error): void => {
    this.#host.counters['connections.closed.error'].add();
    this.#host.log.debug({ peer: this.#peer, reason: systemCode(error) ?? error.message }, 'connection broke');
  };

  readonly #onClose = (): void => {
    this.#finish();
    this.#closed = true;
    this.#settle();
  };

  /** Reads nothing more; what lies in the socket's buffer and what is unfinished is handed over. */
  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.off('data', this.#onData);
    this.#socket.pause();
    for (let chunk = this.#socket.read(); chunk !== null; chunk = this.#socket.read()) this.#push(chunk);
    this.#framer.end(this.#take);
    this.#countFramer();
    this.#host.halves.hold(this, 0, false);
    this.#host.budget.forget(this.#regulate);
    this.#bucket?.forget(this.#regulate);
  }

  /** Closes our side once all is on disk, and is done once the socket is closed, too. */
  #settle(): void {
    if (!this.#ended || this.#intake.waiting > 0) return;
    if (!this.#closed) {
      if (this.#answers) this.#answers.hangUp(this.#leaving);
      else this.#socket.destroySoon();
      return;
    }
    if (this.#done) return;
    this.#done = true;
    const clean = this.#dialogue?.closed ?? this.#clean;
    if (this.#session !== undefined) this.#host.spool.closeSession(this.#session, clean);
    this.#host.onDone(this);
  }
}

function isUp(since: number, limit: number | undefined, now: number): boolean {
  return limit !== undefined && since > 0 && now - since >= limit;
}
