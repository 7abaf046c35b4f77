import { type Clock, wallClock } from '../base/clock.ts';
import { CordwoodError, reasonOf } from '../base/errors.ts';
import { type Logger, SILENT } from '../base/log.ts';
import { isDiskFull } from '../base/machine/disk-reserve.ts';
import type { Peer } from '../model/message.ts';
import { ArrivalClock, jumpText } from './write/arrival-clock.ts';
import type { Entry } from './contract.ts';
import { DiskRoom } from './write/disk-room.ts';
import { DurableEnd } from './read/durable-end.ts';
import { SegmentFiles } from './write/segment-files.ts';
import { prepareFolder } from './format/folder.ts';
import type { Group } from './write/group.ts';
import { GroupCommit } from './write/group-commit.ts';
import { SegmentLedger } from './write/segment-ledger.ts';
import { checkSizes, type OpenSpool, type SpoolCounters, type SpoolOptions, spoolCounters } from './options.ts';
import { type Recovery, type RecoveryReport, recover } from './read/recover.ts';
import { DuplicateDetector } from './repeats/duplicate-detector.ts';
import { placeOf, SEGMENT_BYTES, segmentOf, STRIPE_BYTES } from './format/segment.ts';
import { SessionTable } from './write/session-table.ts';
import { Sweeper } from './write/sweeper.ts';
import { Tail } from './write/tail.ts';

const DEFAULT_MAX_BYTES = 8 * 2 ** 30;
const GRACE_MS = 5 * 60_000;
const RETRY_MS = 500;
const HOUSEKEEPING_MS = 1000;
/** Why nothing is accepted while the reserve is gone. */
const DISK_FULL = 'the disk is full';

/**
 * Opens the spool and recovers what an earlier run left. New records go to a new segment.
 * @throws CordwoodError ERR_DATA_VERSION if another version wrote it, ERR_CONFIG for wrong sizes,
 * ERR_SPOOL otherwise
 */
export async function openSpool(options: SpoolOptions): Promise<OpenSpool> {
  const { folder, segmentBytes = SEGMENT_BYTES, maxBytes = DEFAULT_MAX_BYTES } = options;
  checkSizes(folder, segmentBytes, maxBytes);
  try {
    const { nonce, segments } = prepareFolder(folder);
    return new FileSpool(options, nonce, { ...(await recover(folder, segments)), segment: segments.at(-1) ?? 0 });
  } catch (error) {
    if (error instanceof CordwoodError) throw error;
    throw new CordwoodError('ERR_SPOOL', `cannot open the spool in ${folder}: ${reasonOf(error)}`, { cause: error });
  }
}

class FileSpool implements OpenSpool {
  readonly nonce: string;
  readonly recovered: RecoveryReport;
  readonly durableEnd: DurableEnd;
  readonly maxBytes: number;
  durable: { readonly sequence: number; readonly receivedAt: number };
  failed: string | undefined;
  readonly #options: SpoolOptions;
  readonly #now: Clock;
  readonly #log: Logger;
  readonly #segmentBytes: number;
  readonly #clock: ArrivalClock;
  readonly #sessions = new SessionTable();
  readonly #duplicates: DuplicateDetector;
  readonly #tail: Tail;
  readonly #files: SegmentFiles;
  readonly #commit: GroupCommit;
  readonly #ledger: SegmentLedger;
  readonly #sweeper: Sweeper;
  readonly #room: DiskRoom;
  readonly #waiting = new Set<() => void>();
  readonly #housekeeping: NodeJS.Timeout;
  #closed: Promise<void> | undefined;
  readonly #count: SpoolCounters;
  readonly #spans: Recovery['spans'];

  constructor(options: SpoolOptions, nonce: string, found: Recovery & { readonly segment: number }) {
    const { report, segment, end, nextSequence } = found;
    this.#options = options;
    this.#now = options.now ?? wallClock;
    this.#log = options.log ?? SILENT;
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.nonce = nonce;
    this.recovered = report;
    this.#spans = found.spans;
    this.durable = { sequence: report.lastSequence, receivedAt: report.lastReceivedAt };
    const now = this.#now();
    this.#clock = new ArrivalClock(Math.max(found.arrival, options.startClock ?? 0), now, {
      onDoubt: (doubt) => this.#log.warn(jumpText(doubt)),
    });
    this.#duplicates = new DuplicateDetector(found.broken, now);
    this.#tail = new Tail({ nonce, segmentBytes: this.#segmentBytes, segment, end, nextSequence }, this.#sessions);
    this.#files = new SegmentFiles(options.folder);
    this.#room = new DiskRoom(options.reserve, options.sharesDisk === true);
    this.#commit = new GroupCommit(this.#files, {
      durable: (group) => this.#onDurable(group),
      failed: (error) => this.#onFailure(error),
      mayRetry: () => this.#room.keepReserve(this.waitingBytes),
      retryMs: options.retryMs ?? RETRY_MS,
    });
    this.#ledger = new SegmentLedger(found.spans);
    const { folder } = options;
    this.#sweeper = new Sweeper({ folder, ledger: this.#ledger, log: this.#log, onRoom: () => this.#wake() });
    this.#count = spoolCounters(options.counters);
    this.#count.damaged_places.add(report.damagedPlaces);
    this.#count.damaged_bytes.add(report.damagedBytes);
    this.durableEnd = options.durable ?? new DurableEnd();
    this.durableEnd.liveFrom = segment + 1;
    this.durableEnd.publish(segment === 0 ? 0n : placeOf(segment, end), this.#clock.read(now));
    this.#housekeeping = setInterval(() => this.#keepHouse(), HOUSEKEEPING_MS).unref();
    if (segment === 0) this.#beginFirstSegment();
    this.#showLevels();
  }

  openSession(source: Peer): number {
    return this.#sessions.open(source);
  }

  closeSession(session: number, clean: boolean): void {
    this.#duplicates.close(session, clean, this.#now());
    this.#sessions.close(session, clean);
  }

  append(entry: Entry): Promise<void> | undefined {
    if (this.full) {
      this.#count.refused.add();
      return undefined;
    }
    const group = this.#commit.group;
    if (entry.frames.count === 0) return Promise.resolve();
    if (entry.acknowledged) this.#duplicates.inspect(entry, this.#sessions.sourceOf(entry.session));
    const before = this.#ledger.bytes;
    const first = this.#tail.nextSequence;
    this.#tail.append(group, entry, this.#clock.read(this.#now()));
    this.#ledger.extend(this.#tail.segment, this.#tail.offset, first, group.sequence);
    this.#count.records.add();
    this.#count.messages.add(entry.frames.count);
    this.#count.written.add(this.#ledger.bytes - before);
    if (this.#room.isDue(this.bytes)) this.#room.look(this.bytes, this.waitingBytes);
    this.#commit.request(entry.acknowledged);
    return group.done;
  }

  get full(): boolean {
    const isStopped = this.failed !== undefined || this.#closed !== undefined;
    return isStopped || this.#room.short || this.#ledger.bytes + STRIPE_BYTES > this.maxBytes;
  }

  async room(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.full) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort);
    this.#waiting.add(resolve);
    try {
      await promise;
    } finally {
      this.#waiting.delete(resolve);
      signal.removeEventListener('abort', abort);
    }
  }

  get position(): bigint {
    return placeOf(this.#tail.segment, this.#tail.offset);
  }

  recoveredAfter(sequence: number): number {
    return this.#spans.reduce((sum, { first, last }) => sum + Math.max(0, last - Math.max(first - 1, sequence)), 0);
  }

  markSafe(sequence: number): void {
    this.#ledger.markSafe(sequence);
    if (sequence >= this.#tail.nextSequence) this.#jumpTo(sequence + 1);
    this.#keepHouse();
  }

  get segments(): number {
    return this.#ledger.segments;
  }

  get bytes(): number {
    return this.#ledger.bytes;
  }

  get waitingBytes(): number {
    return this.#ledger.waitingBytes;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#housekeeping);
    if (this.#tail.begun) {
      this.#tail.finish(this.#commit.group, this.#clock.last);
      this.#commit.request(true);
    }
    await this.#commit.close();
    await this.#sweeper.ended();
    this.#files.closeBefore(Infinity);
  }

  /**
   * Starts the first segment of a new folder at once: a folder without segments would get another
   * nonce.
   */
  #beginFirstSegment(): void {
    this.#tail.rotate(this.#commit.group, this.#clock.last);
    this.#ledger.extend(this.#tail.segment, this.#tail.offset, this.#tail.nextSequence, this.#tail.nextSequence - 1);
    this.#commit.request(true);
  }

  /**
   * The store has sequences that this spool, from a backup, has not used yet: it must not use them
   * again.
   */
  #jumpTo(sequence: number): void {
    this.#tail.nextSequence = sequence;
    this.#tail.begun = false;
  }

  #onDurable(group: Group): void {
    this.#count.fsyncs.add();
    if (group.messages > 0) this.durable = { sequence: group.sequence, receivedAt: group.receivedAt };
    const completeUntil = this.#commit.group.firstReceivedAt ?? this.#clock.read(this.#now());
    this.durableEnd.publish(group.end, completeUntil);
    this.#files.closeBefore(segmentOf(group.end));
    if (this.failed !== DISK_FULL) this.#works();
    this.#wake();
  }

  #works(): void {
    if (this.failed === undefined) return;
    this.failed = undefined;
    this.#log.info('spool writable again');
  }

  #onFailure(error: unknown): void {
    this.#count.failures.add();
    if (isDiskFull(error)) this.#room.letReserveGo();
    this.#fail(reasonOf(error));
    this.#sweep();
  }

  #fail(reason: string): void {
    if (this.failed === undefined) {
      const remedy = 'no messages are accepted until it works again; free disk space, or repair the disk';
      this.#log.error(`cannot write to the spool in ${this.#options.folder}: ${reason}; ${remedy}`);
    }
    this.failed = reason;
  }

  /** While the reserve is gone, what is left of the disk serves deletions. */
  #checkRoom(): void {
    if (this.#closed) return;
    this.#room.look(this.bytes, this.waitingBytes);
    if (!this.#room.keepReserve(this.waitingBytes)) {
      if (this.failed === undefined) this.#fail(DISK_FULL);
    } else if (this.failed === DISK_FULL) this.#works();
    this.#wake();
  }

  #wake(): void {
    if (this.#waiting.size === 0 || this.full) return;
    for (const resolve of this.#waiting) resolve();
  }

  #keepHouse(): void {
    this.#checkRoom();
    if (!this.#closed) this.#sweep();
    this.#duplicates.expire(this.#now());
    this.#showLevels();
    if (!this.#commit.busy) this.durableEnd.advance(this.#clock.read(this.#now()));
  }

  #showLevels(): void {
    this.#count.segments.set(this.segments);
    this.#count.bytes.set(this.bytes);
    this.#count.waiting.set(this.waitingBytes);
    this.#count.full.set(this.failed === undefined && !this.#closed && this.full ? 1 : 0);
    this.#count.failing.set(this.failed === undefined ? 0 : 1);
  }

  /** Deletes segments. If room is short or the disk fails, the grace time does not apply. */
  #sweep(): void {
    const { graceMs = GRACE_MS } = this.#options;
    const left = this.maxBytes - this.#ledger.bytes;
    const isTight =
      this.failed !== undefined ||
      left < Math.max(this.#segmentBytes, this.maxBytes / 8) ||
      this.#room.free < Math.max(2 * this.#segmentBytes, this.bytes);
    this.#sweeper.sweep(segmentOf(this.durableEnd.place), this.#now(), isTight ? 0 : graceMs);
  }
}
