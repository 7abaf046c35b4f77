import { ABSENT, type MessageBatch, SPAN, SPANS } from '../model/batch.ts';
import type { Gap } from './contract.ts';
import { RowGroups } from './row-groups.ts';

/** The highest number, after which 1 follows (RFC 5424 §7.3.1). */
const HIGHEST = 2 ** 31 - 1;
/** So many numbers must follow one another before a hole counts: who mixes several counts never gets there. */
const TRUSTED = 8;
/** A hole of more than this is a sender that began anew. */
const LARGEST = 100_000;
/** Datagrams overtake each other: a hole counts once so many more have come … */
const OVERTAKING = 64;
/** … or so much time has passed, ms. */
const PATIENCE_MS = 2000;
/** Holes of one sender that wait for that. */
const WAITING = 32;
/** Senders that are remembered; those unheard for longest are forgotten. */
const SENDERS = 2000;
const META = '[meta ';
const SEQUENCE_ID = 'sequenceId="';
const USUAL = Buffer.from(META + SEQUENCE_ID);
const QUOTE = 0x22;
const ZERO = 0x30;

/** Numbers that did not come: from `first` up, `count` of them, between two arrivals. */
type Hole = { first: number; count: number; readonly from: number; readonly to: number; readonly after: number };
/** A sender in the store's state: its name, `last`, `run`, `at`, and the holes that wait. */
type Remembered = [string, number, number, number, [number, number, number, number][]];
/** A row that has a number. */
type Seen = { readonly sequence: number; readonly key: string; readonly number: number; readonly at: number };
type Sender = { last: number; run: number; at: number; heard: number; holes: Hole[] };

/**
 * Follows the numbers that senders give their messages (`meta sequenceId`, RFC 5424 §7.3.1), and tells of those that
 * never came. A sender is a host at a listener; one that starts again, or whose numbers make no single row, is left be.
 */
export class SequenceGaps {
  readonly #senders = new Map<string, Sender>();
  #leftOut: Seen[] = [];
  #found: Gap[] = [];
  #changed = false;

  /** Looks at all rows of a batch, and in between at those that were left out of it. @param rows the batch's */
  follow(batch: MessageBatch, rows = new RowGroups().group(batch)): void {
    const { sequence } = batch;
    const leftOut = this.#leftOut.sort((a, b) => a.sequence - b.sequence);
    // One sender's rows are a group: it is looked up once.
    const senders: Sender[] = [];
    const keys: string[] = [];
    let next = 0;
    for (const row of rows.numbered()) {
      const number = sequenceIdOf(batch, row);
      if (number === undefined) continue;
      for (; next < leftOut.length && leftOut[next]!.sequence < sequence[row]!; next++) {
        this.#look(leftOut[next]!);
        senders.length = 0;
      }
      const group = rows.groupOf[row]!;
      const at = batch.receivedAt[row]!;
      keys[group] ??= keyOf(batch, row);
      const known = senders[group];
      if (known) this.#advance(keys[group], known, number, at);
      else senders[group] = this.#look({ sequence: sequence[row]!, key: keys[group], number, at });
    }
    while (next < leftOut.length) this.#look(leftOut[next++]!);
    this.#leftOut = [];
  }

  /** A row that will not be in the batch when `take` looks at it. */
  leftOut(batch: MessageBatch, row: number): void {
    if (batch.lengths[row * SPANS + SPAN.structuredData] === ABSENT) return;
    const seen = seenIn(batch, row);
    if (seen) this.#leftOut.push(seen);
  }

  /** The holes that are certain now. @param now ms on the arrival clock */
  found(now: number): Gap[] {
    for (const [key, sender] of this.#senders) {
      if (sender.holes.length > 0) this.#confirm(key, sender, ({ to }) => now - to >= PATIENCE_MS);
    }
    const found = this.#found;
    this.#found = [];
    return found;
  }

  /** What `restore` needs to go on, where it changed since it was asked for last. */
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

  #look({ key, number, at }: Seen): Sender {
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

  /** A number that was overtaken. */
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

function seenIn(batch: MessageBatch, row: number): Seen | undefined {
  const number = sequenceIdOf(batch, row);
  if (number === undefined) return undefined;
  return { sequence: batch.sequence[row]!, key: keyOf(batch, row), number, at: batch.receivedAt[row]! };
}

/** The sender of a row. */
function keyOf(batch: MessageBatch, row: number): string {
  const { listener, ip } = batch.sources[batch.source[row]!]!;
  return `${listener} ${ip} ${batch.text(row, SPAN.hostname) ?? ''}`;
}

function sequenceIdOf({ arena, offsets, lengths }: MessageBatch, row: number): number | undefined {
  const span = row * SPANS + SPAN.structuredData;
  const [from, end] = [offsets[span]!, offsets[span]! + lengths[span]!];
  let at = from;
  // Where it is, it mostly stands first, and is found without making a string of the text.
  while (at < end && arena[at] === USUAL[at - from]) at++;
  if (at - from < USUAL.length) {
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
