import { type MessageBatch, SPAN, SPANS } from '../model/batch.ts';

/** Most pairs of listener and host that are counted separately. */
export const MAX_SENDERS = 1500;
/** Slots of the hash table: a power of two, filled to a quarter at most. */
const TABLE = 8192;
/** Bytes of a host name that are compared. */
const MAX_NAME = 255;
/** Minutes after which the number of a silent sender is given to another, … */
const IDLE_MINUTES = 60;
/** … and that of a sender that was seen in a single minute only: forged names appear once. */
const PASSING_MINUTES = 5;
/** Sources of a batch whose last sender is cached. */
const CACHED_SOURCES = 256;
const NAME_ROOM = 256;
const FNV = 0x01000193;

/** The name for hosts without a number of their own; no host can have this name. */
export const OTHER_HOSTS = '*other*';

/**
 * Gives each pair of listener and host a number, from the bytes of the host name without making a string. Numbers are
 * limited: once all are used, new hosts of a listener share one, and numbers of silent senders are reused.
 */
export class SenderInterner {
  count = 0;
  readonly listeners: string[] = [];
  /** By sender: its listener, the bytes of its host name, when it was seen first and last (minutes). */
  readonly listenerOf = new Uint16Array(MAX_SENDERS + 256);
  readonly #names: (Buffer | undefined)[] = [];
  readonly #lengths = new Uint8Array(MAX_SENDERS + 256);
  readonly #starts = new Uint32Array(MAX_SENDERS + 256);
  /** All host names, one after the other: comparing them with every row is faster if they are close together. */
  readonly #bytes = Buffer.alloc((MAX_SENDERS + 256) * NAME_ROOM);
  #used = 0;
  readonly #known = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
  readonly #first = new Float64Array(MAX_SENDERS + 256);
  readonly #last = new Float64Array(MAX_SENDERS + 256);
  readonly #hashes = new Int32Array(MAX_SENDERS + 256);
  readonly #table = new Int16Array(TABLE).fill(-1);
  readonly #others = new Map<number, number>();
  /** The number of the listener of each source of the current batch. */
  #sources: number[] = [];
  /** The sender of the last row of each source of that batch, -1 before the first. */
  readonly #lastOf = new Int16Array(CACHED_SOURCES);
  #batch: MessageBatch | undefined;
  #filling = -1;
  #view: DataView = new DataView(new ArrayBuffer(0));

  host(sender: number): string {
    return this.#names[sender]?.toString('utf8') ?? OTHER_HOSTS;
  }

  listener(sender: number): string {
    return this.listeners[this.listenerOf[sender]!]!;
  }

  /** The number of a row's sender. */
  of(batch: MessageBatch, row: number, minute: number): number {
    if (batch.fillings !== this.#filling || batch !== this.#batch) this.#begin(batch);
    const source = batch.source[row]!;
    const span = row * SPANS + SPAN.hostname;
    const from = batch.offsets[span]!;
    const length = Math.min(MAX_NAME, Math.max(0, batch.lengths[span]!));
    // Most lines of a source are of one host.
    const likely = source < this.#lastOf.length ? this.#lastOf[source]! : -1;
    if (likely >= 0 && this.#isSame(likely, from, length)) {
      this.#last[likely] = minute;
      return likely;
    }
    const sender = this.#find(this.#listenerOf(batch, source), minute, from, length);
    if (source < this.#lastOf.length && sender < MAX_SENDERS && this.#names[sender]) this.#lastOf[source] = sender;
    return sender;
  }

  #find(listener: number, minute: number, from: number, length: number): number {
    const end = from + length;
    const view = this.#view;
    let hash = 0x811c9dc5 ^ listener;
    let at = from;
    for (; at + 4 <= end; at += 4) hash = Math.imul(hash ^ view.getInt32(at, true), FNV) ^ (hash >>> 13);
    for (; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), FNV);
    for (let place = placeOf(hash); ; place = (place + 1) & (TABLE - 1)) {
      const sender = this.#table[place]!;
      if (sender < 0) return this.#add(place, { hash, listener, minute, from, length });
      if (this.#hashes[sender] !== hash || this.listenerOf[sender] !== listener) continue;
      if (!this.#isSame(sender, from, length)) continue;
      this.#last[sender] = minute;
      return sender;
    }
  }

  #isSame(sender: number, from: number, length: number): boolean {
    if (this.#lengths[sender] !== length) return false;
    const known = this.#known;
    const view = this.#view;
    const own = this.#starts[sender]!;
    let at = 0;
    for (; at + 4 <= length; at += 4)
      if (known.getInt32(own + at, true) !== view.getInt32(from + at, true)) return false;
    for (; at < length; at++) if (known.getUint8(own + at) !== view.getUint8(from + at)) return false;
    return true;
  }

  /** If numbers run short, removes senders that are silent. Numbers change: call it only when no count refers to them. */
  makeRoom(minute: number): void {
    if (this.count < (MAX_SENDERS * 3) / 4) return;
    const kept: number[] = [];
    for (let sender = 0; sender < this.count; sender++) {
      const passing = this.#first[sender] === this.#last[sender];
      const limit = passing ? PASSING_MINUTES : IDLE_MINUTES;
      if (this.#names[sender] && minute - this.#last[sender]! <= limit) kept.push(sender);
    }
    this.#others.clear();
    this.#lastOf.fill(-1);
    this.#table.fill(-1);
    this.count = 0;
    this.#used = 0;
    for (const sender of kept) this.#move(sender);
    this.#names.length = this.count;
  }

  #move(sender: number): void {
    const to = this.count++;
    this.listenerOf[to] = this.listenerOf[sender]!;
    this.#keep(to, this.#names[sender]);
    this.#first[to] = this.#first[sender]!;
    this.#last[to] = this.#last[sender]!;
    const hash = this.#hashes[sender]!;
    this.#hashes[to] = hash;
    let place = placeOf(hash);
    while (this.#table[place]! >= 0) place = (place + 1) & (TABLE - 1);
    this.#table[place] = to;
  }

  #begin(batch: MessageBatch): void {
    this.#batch = batch;
    this.#filling = batch.fillings;
    this.#sources = [];
    this.#lastOf.fill(-1);
    const { buffer, byteOffset, byteLength } = batch.arena;
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  #listenerOf(batch: MessageBatch, source: number): number {
    const known = this.#sources[source];
    if (known !== undefined) return known;
    const listener = this.listenerNumber(batch.receivedBy[source] ?? batch.sources[source]!.listener);
    this.#sources[source] = listener;
    return listener;
  }

  listenerNumber(name: string): number {
    const known = this.listeners.indexOf(name);
    // Names come from configurations: more than 255 mean that the spool is damaged.
    if (known >= 0 || this.listeners.length === 255) return Math.max(0, known);
    return this.listeners.push(name) - 1;
  }

  #add(place: number, made: { hash: number; listener: number; minute: number; from: number; length: number }): number {
    if (this.count >= MAX_SENDERS) return this.#other(made.listener);
    const sender = this.#new(made.listener, this.#batch!.arena.subarray(made.from, made.from + made.length));
    this.#hashes[sender] = made.hash;
    this.#first[sender] = made.minute;
    this.#last[sender] = made.minute;
    this.#table[place] = sender;
    return sender;
  }

  #other(listener: number): number {
    let sender = this.#others.get(listener);
    if (sender === undefined) {
      sender = this.#new(listener, undefined);
      this.#others.set(listener, sender);
    }
    return sender;
  }

  #new(listener: number, name: Buffer | undefined): number {
    const sender = this.count++;
    this.listenerOf[sender] = listener;
    this.#keep(sender, name);
    return sender;
  }

  #keep(sender: number, name: Buffer | undefined): void {
    const from = this.#used;
    if (name) this.#bytes.set(name, from);
    this.#used += name?.length ?? 0;
    this.#starts[sender] = from;
    this.#lengths[sender] = name?.length ?? 0;
    this.#names[sender] = name && this.#bytes.subarray(from, this.#used);
  }
}

function placeOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (TABLE - 1);
}
