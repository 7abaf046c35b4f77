import { type MessageBatch, SPAN, SPANS } from '../model/batch.ts';

/** Pairs of listener and host that are counted apart. */
export const MAX_SENDERS = 1500;
/** Power of two; a quarter full at most. */
const TABLE = 8192;
/** Bytes of a host's name that are told apart. */
const MAX_NAME = 255;
/** Minutes that a name may be silent before its place is given to another, … */
const IDLE_MINUTES = 60;
/** … and one that was heard in a single minute only: forged names come once. */
const PASSING_MINUTES = 5;
/** Sources of a batch of which the last slot is remembered. */
const LATELY = 256;
const NAME_ROOM = 256;
const FNV = 0x01000193;

/** The name under which all hosts are counted that have no place of their own; no host can be called so. */
export const OTHER_HOSTS = '*other*';

/**
 * Numbers the pairs of listener and host of rows, from bytes to number without a string. Places are bounded: with all
 * of them taken, new hosts of a listener share one, and who falls silent makes room.
 */
export class SenderInterner {
  count = 0;
  readonly listeners: string[] = [];
  /** Of each slot: its listener, its host (made when it is first asked for), when it was heard first and last (minutes). */
  readonly listenerOf = new Uint16Array(MAX_SENDERS + 256);
  readonly #names: (Buffer | undefined)[] = [];
  readonly #lengths = new Uint8Array(MAX_SENDERS + 256);
  readonly #starts = new Uint32Array(MAX_SENDERS + 256);
  /** The names, one behind the other: what is compared with every row should lie close together. */
  readonly #bytes = Buffer.alloc((MAX_SENDERS + 256) * NAME_ROOM);
  #used = 0;
  readonly #known = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
  readonly #first = new Float64Array(MAX_SENDERS + 256);
  readonly #last = new Float64Array(MAX_SENDERS + 256);
  readonly #hashes = new Int32Array(MAX_SENDERS + 256);
  readonly #table = new Int16Array(TABLE).fill(-1);
  readonly #others = new Map<number, number>();
  /** The number of the listener of each source of the batch at hand. */
  #sources: number[] = [];
  /** The slot of the last row of a source of that batch, -1 before the first. */
  readonly #lately = new Int16Array(LATELY);
  #batch: MessageBatch | undefined;
  #filling = -1;
  #view: DataView = new DataView(new ArrayBuffer(0));

  host(slot: number): string {
    return this.#names[slot]?.toString('utf8') ?? OTHER_HOSTS;
  }

  listener(slot: number): string {
    return this.listeners[this.listenerOf[slot]!]!;
  }

  /** The slot of a row. */
  of(batch: MessageBatch, row: number, minute: number): number {
    if (batch.fillings !== this.#filling || batch !== this.#batch) this.#begin(batch);
    const source = batch.source[row]!;
    const span = row * SPANS + SPAN.hostname;
    const from = batch.offsets[span]!;
    const length = Math.min(MAX_NAME, Math.max(0, batch.lengths[span]!));
    // Most lines of a sender are of one host.
    const likely = source < this.#lately.length ? this.#lately[source]! : -1;
    if (likely >= 0 && this.#isSame(likely, from, length)) {
      this.#last[likely] = minute;
      return likely;
    }
    const slot = this.#find(this.#listenerOf(batch, source), minute, from, length);
    if (source < this.#lately.length && slot < MAX_SENDERS && this.#names[slot]) this.#lately[source] = slot;
    return slot;
  }

  #find(listener: number, minute: number, from: number, length: number): number {
    const end = from + length;
    const view = this.#view;
    let hash = 0x811c9dc5 ^ listener;
    let at = from;
    for (; at + 4 <= end; at += 4) hash = Math.imul(hash ^ view.getInt32(at, true), FNV) ^ (hash >>> 13);
    for (; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), FNV);
    for (let place = placeOf(hash); ; place = (place + 1) & (TABLE - 1)) {
      const slot = this.#table[place]!;
      if (slot < 0) return this.#add(place, { hash, listener, minute, from, length });
      if (this.#hashes[slot] !== hash || this.listenerOf[slot] !== listener) continue;
      if (!this.#isSame(slot, from, length)) continue;
      this.#last[slot] = minute;
      return slot;
    }
  }

  #isSame(slot: number, from: number, length: number): boolean {
    if (this.#lengths[slot] !== length) return false;
    const known = this.#known;
    const view = this.#view;
    const own = this.#starts[slot]!;
    let at = 0;
    for (; at + 4 <= length; at += 4)
      if (known.getInt32(own + at, true) !== view.getInt32(from + at, true)) return false;
    for (; at < length; at++) if (known.getUint8(own + at) !== view.getUint8(from + at)) return false;
    return true;
  }

  /** Forgets names that were not heard of late, where places are short; numbers change, so only what is empty may call. */
  makeRoom(minute: number): void {
    if (this.count < (MAX_SENDERS * 3) / 4) return;
    const kept: number[] = [];
    for (let slot = 0; slot < this.count; slot++) {
      const passing = this.#first[slot] === this.#last[slot];
      const limit = passing ? PASSING_MINUTES : IDLE_MINUTES;
      if (this.#names[slot] && minute - this.#last[slot]! <= limit) kept.push(slot);
    }
    this.#others.clear();
    this.#lately.fill(-1);
    this.#table.fill(-1);
    this.count = 0;
    this.#used = 0;
    for (const slot of kept) this.#move(slot);
    this.#names.length = this.count;
  }

  #move(slot: number): void {
    const to = this.count++;
    this.listenerOf[to] = this.listenerOf[slot]!;
    this.#keep(to, this.#names[slot]);
    this.#first[to] = this.#first[slot]!;
    this.#last[to] = this.#last[slot]!;
    const hash = this.#hashes[slot]!;
    this.#hashes[to] = hash;
    let place = placeOf(hash);
    while (this.#table[place]! >= 0) place = (place + 1) & (TABLE - 1);
    this.#table[place] = to;
  }

  #begin(batch: MessageBatch): void {
    this.#batch = batch;
    this.#filling = batch.fillings;
    this.#sources = [];
    this.#lately.fill(-1);
    const { buffer, byteOffset, byteLength } = batch.arena;
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  #listenerOf(batch: MessageBatch, source: number): number {
    const known = this.#sources[source];
    if (known !== undefined) return known;
    const listener = this.listenerNumber(batch.sources[source]!.listener);
    this.#sources[source] = listener;
    return listener;
  }

  listenerNumber(name: string): number {
    const known = this.listeners.indexOf(name);
    // Names come from configurations; a spool that says otherwise is damaged.
    if (known >= 0 || this.listeners.length === 255) return Math.max(0, known);
    return this.listeners.push(name) - 1;
  }

  #add(place: number, made: { hash: number; listener: number; minute: number; from: number; length: number }): number {
    if (this.count >= MAX_SENDERS) return this.#other(made.listener);
    const slot = this.#new(made.listener, this.#batch!.arena.subarray(made.from, made.from + made.length));
    this.#hashes[slot] = made.hash;
    this.#first[slot] = made.minute;
    this.#last[slot] = made.minute;
    this.#table[place] = slot;
    return slot;
  }

  #other(listener: number): number {
    let slot = this.#others.get(listener);
    if (slot === undefined) {
      slot = this.#new(listener, undefined);
      this.#others.set(listener, slot);
    }
    return slot;
  }

  #new(listener: number, name: Buffer | undefined): number {
    const slot = this.count++;
    this.listenerOf[slot] = listener;
    this.#keep(slot, name);
    return slot;
  }

  #keep(slot: number, name: Buffer | undefined): void {
    const from = this.#used;
    if (name) this.#bytes.set(name, from);
    this.#used += name?.length ?? 0;
    this.#starts[slot] = from;
    this.#lengths[slot] = name?.length ?? 0;
    this.#names[slot] = name && this.#bytes.subarray(from, this.#used);
  }
}

function placeOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (TABLE - 1);
}
