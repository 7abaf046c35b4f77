import { ABSENT, type MessageBatch, SPAN, SPANS } from '../model/batch.ts';
import type { Gap } from './contract.ts';
import { RowGroups } from './row-groups.ts';

/** The highest number, after which 1 follows (RFC 5424 §7.3.1). */
const HIGHEST = 2 ** 31 - 1;
/** A hole counts only after this many consecutive numbers: a sender that mixes several counters never reaches it. */
const TRUSTED = 8;
/** A larger hole means that the sender restarted its count. */
const LARGEST = 100_000;
/** Datagrams may arrive out of order: a hole counts once this many more have arrived … */
const OVERTAKING = 64;
/** … or this much time has passed, ms. */
const PATIENCE_MS = 2000;
/** Most holes of a sender that wait for that. */
const WAITING = 32;
/** Most senders; the oldest are evicted. */
const SENDERS = 2000;
const META = '[meta ';
const SEQUENCE_ID = 'sequenceId="';
const COMMON_START = Buffer.from(META + SEQUENCE_ID);
const QUOTE = 0x22;
const ZERO = 0x30;

/** Numbers that did not arrive: `count` of them from `first` up, between two arrivals. */
type Hole = { first: number; count: number; readonly from: number; readonly to: number; readonly after: number };
/** A sender in the store's state: its key, `last`, `run`, `at`, and the holes that wait. */
type Remembered = [string, number, number, number, [number, number, number, number][]];
/** A row with a number. */
type NumberedRow = { readonly sequence: number; readonly key: string; readonly number: number; readonly at: number };
type Sender = { last: number; run: number; at: number; heard: number; holes: Hole[] };

/**
 * Follows the numbers that senders give their messages (`meta sequenceId`, RFC 5424 §7.3.1) and finds those that never
 * arrived. A sender is a host at a listener. Senders that restart their count, or mix several, cause no gaps.
 */
export class SequenceGaps {
  readonly #senders = new Map<string, Sender>();
  #leftOut: NumberedRow[] = [];
  #found: Gap[] = [];
  #changed = false;

  /** Follows the numbers of a batch, including rows that were left out of it. @param groups the batch's */
  follow(batch: MessageBatch, groups = new RowGroups().group(batch)): void {
    const { sequence } = batch;
    const leftOut = this.#leftOut.sort((a, b) => a.sequence - b.sequence);
    // Rows of a sender are a group: it is looked up once.
    const senders: Sender[] = [];
    const keys: string[] = [];
    let next = 0;
    for (const row of groups.numbered()) {
      const number = sequenceIdOf(batch, row);
      if (number === undefined) continue;
      for (; next < leftOut.length && leftOut[next]!.sequence < sequence[row]!; next++) {
        this.#observe(leftOut[next]!);
        senders.length = 0;
      }
      const group = groups.groupOf[row]!;
      const at = batch.receivedAt[row]!;
      keys[group] ??= keyOf(batch, row);
      const known = senders[group];
      if (known) this.#advance(keys[group], known, number, at);
      else senders[group] = this.#observe({ sequence: sequence[row]!, key: keys[group], number, at });
    }
    while (next < leftOut.length) this.#observe(leftOut[next++]!);
    this.#leftOut = [];
  }

  /** Remembers a row that will not be in the batch when `follow` is called. */
  leftOut(batch: MessageBatch, row: number): void {
    if (batch.lengths[row * SPANS + SPAN.structuredData] === ABSENT) return;
    const seen = seenIn(batch, row);
    if (seen) this.#leftOut.push(seen);
  }

  /** Returns the holes that are certain now, once. @param now ms on the arrival clock */
  found(now: number): Gap[] {
    for (const [key, sender] of this.#senders) {
      if (sender.holes.length > 0) this.#confirm(key, sender, ({ to }) => now - to >= PATIENCE_MS);
    }
    const found = this.#found;
    this.#found = [];
    return found;
  }

  /** The state for `restore`; undefined if it has not changed since the last call. */
  state(): unknown {
    if (!this.#changed) return undefined;
    this.#changed = false;
    return Array.from(this.#senders, ([key, { last, run, at, holes }]): Remembered => {
      return [
        key,
        last,
        Math.min(run, TRUSTED),
        at,
        holes.map(({ first, count, from, to }) => [first, count, from, to]),
      ];
    });
  }

  restore(value: unknown): void {
    for (const [key, last, run, at, waiting] of value as readonly Remembered[]) {
      const holes = waiting.map(([first, count, from, to]) => ({ first, count, from, to, after: 0 }));
      this.#senders.set(key, { last, run, at, heard: 0, holes });
    }
  }

  #observe({ key, number, at }: NumberedRow): Sender {
    this.#changed = true;
    const known = this.#senders.get(key);
    if (known) {
      this.#advance(key, known, number, at);
      return known;
    }
    if (this.#senders.size >= SENDERS) this.#senders.delete(this.#senders.keys().next().value!);
    const sender: Sender = { last: number, run: 1, at, heard: 0, holes: [] };
    this.#senders.set(key, sender);
    return sender;
  }

  #advance(key: string, sender: Sender, number: number, at: number): void {
    if (number === sender.last) return;
    sender.heard++;
    const missing = (number - sender.last - 1 + HIGHEST) % HIGHEST;
    if (missing === 0) sender.run++;
    else if (missing <= LARGEST && sender.run >= TRUSTED) {
      sender.holes.push({ first: sender.last + 1, count: missing, from: sender.at, to: at, after: sender.heard });
      if (sender.holes.length > WAITING) this.#confirm(key, sender, () => true);
    } else if (this.#fills(sender, number)) return;
    else sender.run = 1;
    sender.last = number;
    sender.at = at;
    if (sender.holes.length > 0) this.#confirm(key, sender, ({ after }) => after <= sender.heard - OVERTAKING);
  }

  /** Removes a number that arrived late from its hole. */
  #fills(sender: Sender, number: number): boolean {
    const hole = sender.holes.find(({ first, count }) => (number - first + HIGHEST) % HIGHEST < count);
    if (!hole) return false;
    const before = (number - hole.first + HIGHEST) % HIGHEST;
    const after = hole.count - before - 1;
    const rest = { ...hole, first: number + 1, count: after };
    hole.count = before;
    if (after > 0) sender.holes.push(rest);
    sender.holes = sender.holes.filter(({ count }) => count > 0);
    return true;
  }

  #confirm(key: string, sender: Sender, isCertain: (hole: Hole) => boolean): void {
    const [listener, , host] = key.split(' ', 3) as [string, string, string];
    const certain = sender.holes.filter(isCertain);
    if (certain.length === 0) return;
    this.#changed = true;
    sender.holes = sender.holes.filter((hole) => !certain.includes(hole));
    for (const { from, to, count } of certain) {
      this.#found.push({ from, to: Math.max(to, from + 1), reason: 'sequence', listener, host, count });
    }
  }
}

function seenIn(batch: MessageBatch, row: number): NumberedRow | undefined {
  const number = sequenceIdOf(batch, row);
  if (number === undefined) return undefined;
  return { sequence: batch.sequence[row]!, key: keyOf(batch, row), number, at: batch.receivedAt[row]! };
}

/** The key of a row's sender. */
function keyOf(batch: MessageBatch, row: number): string {
  const { listener, ip } = batch.sources[batch.source[row]!]!;
  return `${listener} ${ip} ${batch.text(row, SPAN.hostname) ?? ''}`;
}

function sequenceIdOf({ arena, offsets, lengths }: MessageBatch, row: number): number | undefined {
  const span = row * SPANS + SPAN.structuredData;
  const [from, end] = [offsets[span]!, offsets[span]! + lengths[span]!];
  let at = from;
  // It usually comes first, and is then found without converting the text to a string.
  while (at < end && arena[at] === COMMON_START[at - from]) at++;
  if (at - from < COMMON_START.length) {
    const text = arena.toString('latin1', from, end);
    const meta = text.indexOf(META);
    const id = meta < 0 ? -1 : text.indexOf(SEQUENCE_ID, meta);
    if (id < 0) return undefined;
    at = from + id + SEQUENCE_ID.length;
  }
  let number = 0;
  for (; at < end && arena[at] !== QUOTE; at++) {
    const digit = arena[at]! - ZERO;
    if (digit < 0 || digit > 9 || number > HIGHEST) return undefined;
    number = number * 10 + digit;
  }
  return number >= 1 && number <= HIGHEST ? number : undefined;
}
