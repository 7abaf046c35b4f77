import type { Socket } from 'node:net';
import { systemCode } from '../../base/errors.ts';
import type { FrameList } from '../../base/frame-list.ts';
import { releaseMemory } from '../../base/memory.ts';
import { type Framer, readRoom } from '../../frame/index.ts';
import type { Peer } from '../../model/message.ts';
import type { CounterName } from '../shared/counters.ts';
import type { TokenBucket } from '../shared/token-buckets.ts';
import { type AnswerProtocol, Answers } from './answers.ts';
import type { ConnectionContext } from './connection-context.ts';
import type { ConnectionSlot } from './connection-table.ts';
import { ConnectionTimes } from './connection-times.ts';
import type { DurableReport } from './durable-report.ts';
import { FramerCounts } from './framer-counts.ts';
import { bytesOf, Intake } from './intake.ts';
import { ReadControl } from './read-control.ts';
import { readInto } from './read-into.ts';

/** The protocol of one connection: what finds its messages and, if its sender waits for answers, what answers them. */
export type ConnectionProtocol = { readonly framer: Framer; readonly answers?: AnswerProtocol };

/** One sender's stream, from its socket through a framer to the spool; read only as fast as the spool accepts it. */
export class Connection implements ConnectionSlot {
  readonly source: Peer;
  /**
   * Ends the server's side and reads on. An agent that checks the connection before it sends (rsyslog does) reconnects
   * and loses nothing, and what it had sent until then is received. Absent if the sender waits for answers: those come
   * first, so it loses nothing anyway.
   */
  readonly endOurSide: (() => void) | undefined;
  readonly #socket: Socket;
  readonly #framer: Framer;
  readonly #protocol: AnswerProtocol | undefined;
  readonly #answers: Answers | undefined;
  readonly #context: ConnectionContext;
  readonly #intake: Intake;
  readonly #reading: ReadControl;
  readonly #times: ConnectionTimes;
  readonly #counts: FramerCounts;
  readonly #bucket: TokenBucket | undefined;
  /** Whether the socket reads into memory that all share, and so keeps nothing to be read later. */
  readonly #sharesRoom: boolean;
  readonly #position: ReturnType<DurableReport['open']> | undefined;
  #session: number | undefined;
  /** Whether the last chunk ended a frame. */
  #endedFrame = false;
  /** Nothing more is read: the sender ended the stream, the socket broke, or the listener closes. */
  #finished = false;
  /** The sender ended the stream in order. */
  #endedInOrder = false;
  /** This server ended its side, and reads on. */
  #weEnded = false;
  /** This server ends the connection. */
  #shuttingDown = false;
  #socketClosed = false;
  #done = false;

  constructor(socket: Socket, { framer, answers }: ConnectionProtocol, source: Peer, context: ConnectionContext) {
    this.source = source;
    this.#socket = socket;
    this.#framer = framer;
    this.#protocol = answers;
    this.#answers = answers && new Answers(socket, answers);
    this.#context = context;
    this.#bucket = context.buckets?.of(source.ip);
    this.#position = context.report?.open(source.listener, this.#peer);
    this.#times = new ConnectionTimes(context.limits);
    this.#counts = new FramerCounts(framer, context.counters);
    this.#intake = new Intake({
      spool: context.spool,
      acknowledged: answers !== undefined,
      onDurable: this.#onDurable,
      onFailed: this.#onFailed,
      onRoom: this.#onProgress,
    });
    this.#reading = new ReadControl({
      socket,
      intake: this.#intake,
      answers: this.#answers,
      bucket: this.#bucket,
      context,
      onResume: () => this.#times.restart(),
    });
    this.#sharesRoom = readInto(socket, readRoom(), this.#onData);
    if (this.#sharesRoom) socket.resume();
    else socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
    if (answers) socket.on('drain', this.#onProgress);
    const endOurSide = (): void => {
      this.#weEnded = true;
      socket.end();
    };
    this.endOurSide = answers ? undefined : endOurSide;
  }

  shutDown(): void {
    this.#shuttingDown = true;
    this.#finish();
    // A sender without answers must notice at once: until it does, everything it writes is lost.
    if (!this.#answers && !this.#endedInOrder) this.#socket.destroy();
    this.#closeIfDurable();
  }

  abandon(): void {
    this.#finish();
    const { frames, bytes } = this.#intake.dropWaiting();
    this.#context.budget.release(bytes);
    this.#context.counters['dropped.shutdown'].add(frames);
    this.#socket.destroy();
  }

  close(reason: CounterName): void {
    this.#context.counters[reason].add();
    this.#context.log.debug({ peer: this.#peer, reason }, 'connection closed');
    this.#finish();
    this.#socket.destroy();
  }

  /** No time runs while reading is paused. */
  checkTime(now: number): void {
    if (this.#reading.isPaused || this.#finished) return;
    const reason = this.#times.expired(now);
    if (reason === 'connections.closed.max_age') this.#retire();
    else if (reason) this.close(reason);
  }

  /** Asks the sender to connect again, as a restart does; one that does not notice stays, so that it loses nothing. */
  #retire(): void {
    if (this.#weEnded) return;
    this.#context.counters['connections.closed.max_age'].add();
    if (this.endOurSide) this.endOurSide();
    else this.shutDown();
  }

  get isHeldBack(): boolean {
    return this.#reading.isHeldBack;
  }

  get #peer(): string {
    return `${this.source.ip}:${this.source.port}`;
  }

  readonly #onData = (chunk: Buffer): void => {
    // What comes behind the end of a session is read and ignored: see `Answers.hangUp`.
    if (this.#finished) return;
    const times = this.#times;
    if (times.lastReceived === 0) this.#context.onFirstBytes(this);
    this.#push(chunk);
    times.lastReceived = performance.now();
    this.#updateHalfFrame();
    this.#answers?.schedule();
    if (this.#protocol?.closed || this.#protocol?.violation) this.#endSession(this.#protocol.violation);
    this.#onProgress();
  };

  #push(chunk: Buffer): void {
    this.#endedFrame = false;
    this.#framer.push(chunk, this.#onFrames);
    this.#counts.update();
    // All of it is in the spool, or copied.
    if (!this.#sharesRoom) releaseMemory(chunk);
  }

  readonly #onFrames = (frames: FrameList, parts: readonly Uint8Array[]): void => {
    const { spool, budget, counters, giveUp } = this.#context;
    const bytes = bytesOf(parts);
    this.#endedFrame = true;
    this.#session ??= spool.openSession(this.source);
    this.#protocol?.received(frames.count);
    budget.add(bytes);
    counters['received.frames'].add(frames.count);
    counters['received.bytes'].add(bytes);
    this.#bucket?.take(frames.count);
    this.#intake.add(this.#session, frames, parts, giveUp);
  };

  /** Tracks the unfinished frame, and closes the connections with the oldest ones if they take too much memory. */
  #updateHalfFrame(): void {
    const { halfFrames } = this.#context;
    const { pending, memory } = this.#framer;
    const times = this.#times;
    const isNew = times.frameBegan === 0 || this.#endedFrame;
    if (pending === 0 && times.frameBegan === 0) return;
    if (pending === 0) times.frameBegan = 0;
    else if (isNew) times.frameBegan = times.lastReceived;
    halfFrames.set(this, pending === 0 ? 0 : Math.max(1, memory), isNew);
    for (let oldest = halfFrames.excess; oldest; oldest = halfFrames.excess) {
      oldest.close('connections.closed.half_frames');
    }
  }

  /** Ends a session that its sender closed, or whose protocol it violated; what came before is stored and answered. */
  #endSession(violation: string | undefined): void {
    if (violation) {
      this.#context.counters['connections.closed.protocol'].add();
      this.#context.warnings.warn(`connection closed: ${violation}`, { peer: this.#peer });
    }
    this.#finish();
    this.#closeIfDurable();
  }

  readonly #onDurable = (frames: number, bytes: number): void => {
    this.#context.budget.release(bytes);
    if (this.#position) this.#context.report?.advance(this.#position, frames, bytes);
    this.#protocol?.durable(frames);
    this.#answers?.schedule();
    this.#onProgress();
  };

  readonly #onFailed = (error: unknown, frames: number, bytes: number): void => {
    const { budget, counters, log } = this.#context;
    budget.release(bytes);
    counters['dropped.spool_failed'].add(frames);
    if (this.#socketClosed) this.#closeIfDurable();
    else {
      log.error({ peer: this.#peer, frames, err: error }, 'connection closed: the spool could not write its messages');
      this.close('connections.closed.spool_failed');
    }
  };

  /** Something that may have held this connection back has changed. */
  readonly #onProgress = (): void => {
    if (this.#finished) this.#closeIfDurable();
    else this.#reading.update();
  };

  readonly #onEnd = (): void => {
    this.#reportIfUnused();
    this.#endedInOrder = true;
    this.#finish();
    this.#closeIfDurable();
  };

  /** Reports a TLS connection whose peer ends it before its first byte. @returns whether it is one */
  #reportIfUnused(error?: Error): boolean {
    const isUnused = this.#times.lastReceived === 0 && !this.#weEnded && !this.#finished;
    if (!isUnused || !('encrypted' in this.#socket)) return false;
    this.#context.troubles.reportUnused(this.source, error);
    return true;
  }

  readonly #onError = (error: Error): void => {
    if (this.#reportIfUnused(error)) return;
    this.#context.counters['connections.closed.error'].add();
    this.#context.log.debug({ peer: this.#peer, reason: systemCode(error) ?? error.message }, 'connection broke');
  };

  readonly #onClose = (): void => {
    this.#finish();
    this.#socketClosed = true;
    this.#closeIfDurable();
  };

  /** Reads the rest of the socket's buffer, hands it over with the unfinished frame, and reads nothing more. */
  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#socket.off('data', this.#onData);
    this.#socket.pause();
    if (!this.#sharesRoom) this.#readRest();
    this.#framer.end(this.#onFrames);
    this.#counts.update();
    this.#context.halfFrames.set(this, 0, false);
    this.#reading.stop();
  }

  #readRest(): void {
    for (let chunk = this.#socket.read(); chunk !== null; chunk = this.#socket.read()) this.#push(chunk);
  }

  /** Once everything is durable, closes the server's side; once the socket is closed as well, reports itself done. */
  #closeIfDurable(): void {
    if (!this.#finished || this.#intake.unsavedBytes > 0) return;
    if (!this.#socketClosed) {
      if (this.#answers) this.#answers.hangUp(this.#shuttingDown);
      else this.#socket.destroySoon();
      return;
    }
    if (this.#done) return;
    this.#done = true;
    const clean = this.#protocol?.closed ?? this.#endedInOrder;
    if (this.#session !== undefined) this.#context.spool.closeSession(this.#session, clean);
    this.#context.onDone(this);
  }
}
