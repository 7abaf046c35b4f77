import { ABSENT, type MessageBatch, NOT_SENT, SPAN, SPANS } from '../model/batch.ts';
import type { Source } from '../model/message.ts';
import { BIT, FORMAT } from './bits.ts';
import { type Stamp, StampReader } from './stamp.ts';
import { AsciiWindow } from './utf8.ts';
import { type Zone, zoneNamed } from '../base/zone.ts';

/**
 * The frame that is being parsed, and the row that gets its fields. One object serves all frames of
 * a parser: an object for each frame would cost more than parsing it.
 */
export class ParseState {
  batch!: MessageBatch;
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  row = 0;
  /** Index of the row's first span in `batch.offsets` and `batch.lengths`. */
  base = 0;
  /** Where the text ends, without the trailer of the transport. */
  end = 0;
  /** The arrival of the frame, ms. */
  receivedAt = 0;
  /** Bits to add to the flags of the row. */
  flags = 0;
  /** Whether the frame must be kept as `raw`. */
  keepRaw = false;
  readonly stamps = new StampReader();
  readonly ascii = new AsciiWindow();
  readonly #zoneOf: (source: Source) => string;
  readonly #zones = new WeakMap<Source, Zone>();
  readonly #hostZones: ReadonlyMap<string, Zone>;
  /** The zone of the row's host, if the host has one and its name has been read. */
  #hostZone: Zone | undefined;
  #source: Source | undefined;
  #zone = UTC;
  #head = '';
  #headAt = -1;
  readonly #peers = new Map<string, { bytes: Uint8Array; offset: number }>();

  constructor(zoneOf: (source: Source) => string, hostZones: ReadonlyMap<string, string> = new Map()) {
    this.#zoneOf = zoneOf;
    this.#hostZones = new Map([...hostZones].map(([host, name]) => [host, zoneNamed(name)]));
  }

  open(batch: MessageBatch, row: number): void {
    if (this.bytes !== batch.arena) {
      this.bytes = batch.arena;
      this.view = new DataView(batch.arena.buffer, batch.arena.byteOffset, batch.arena.length);
    }
    this.batch = batch;
    this.row = row;
    this.base = row * SPANS;
    this.receivedAt = batch.receivedAt[row]!;
    this.flags = 0;
    this.keepRaw = false;
    this.#headAt = -1;
    this.#hostZone = undefined;
  }

  /** Points a span at the bytes [from, to) of the arena. */
  set(span: number, from: number, to: number): void {
    this.batch.offsets[this.base + span] = from;
    this.batch.lengths[this.base + span] = to - from;
  }

  /**
   * The text from `from` on is the message; a BOM at its start does not belong to it (RFC 5424
   * §6.4).
   */
  message(from: number): void {
    const { bytes, end } = this;
    let p = Math.min(from, end);
    if (end - p >= 3 && bytes[p] === 0xef && bytes[p + 1] === 0xbb && bytes[p + 2] === 0xbf) p += 3;
    this.set(SPAN.message, p, end);
  }

  /** The first bytes from `at` on, one character for each: enough for any stamp, name or prefix. */
  head(at: number): string {
    const need = Math.min(at + HEAD, this.end);
    if (this.#headAt < 0 || at < this.#headAt || need > this.#headAt + this.#head.length) {
      this.#headAt = at;
      this.#head = this.batch.arena.toString('latin1', at, Math.min(at + 2 * HEAD, this.end));
    }
    return this.#head.slice(at - this.#headAt, need - this.#headAt);
  }

  /** Resets the row after an attempt that failed. */
  reset(): void {
    const { batch, row } = this;
    batch.timestamp[row] = this.receivedAt;
    batch.timestampUs[row] = NOT_SENT;
    batch.timestampOffset[row] = NOT_SENT;
    batch.format[row] = FORMAT.unknown;
    batch.version[row] = 0;
    batch.lengths.fill(ABSENT, this.base, this.base + SPANS);
    this.flags = 0;
    this.keepRaw = false;
  }

  /**
   * Whether the stamp has no zone and was read with another zone than the one set for its host. The
   * host name comes after the stamp, so the frame must then be parsed again; `zone` gives the zone
   * of the host from now on.
   */
  findHostZone(): boolean {
    if (this.#hostZones.size === 0 || (this.flags & BIT.tzAssumed) === 0) return false;
    const host = this.batch.text(this.row, SPAN.hostname);
    const own = host === undefined ? undefined : this.#hostZones.get(host);
    if (own === undefined || own === this.zone()) return false;
    this.#hostZone = own;
    return true;
  }

  /** The zone of stamps without one: that of the host if known, else that of the peer. */
  zone(): Zone {
    if (this.#hostZone !== undefined) return this.#hostZone;
    const source = this.batch.sources[this.batch.source[this.row]!];
    if (source === this.#source) return this.#zone;
    let found = source === undefined ? UTC : this.#zones.get(source);
    if (found === undefined) {
      found = zoneNamed(this.#zoneOf(source!));
      this.#zones.set(source!, found);
    }
    this.#source = source;
    this.#zone = found;
    return found;
  }

  /** Copies what `stamps` has read to the row. */
  takeStamp(): void {
    const { batch, row, stamps } = this;
    batch.timestamp[row] = stamps.ms;
    batch.timestampUs[row] = stamps.us;
    batch.timestampOffset[row] = stamps.offset;
    this.flags |= stamps.flags;
  }

  /** Gives the row this stamp instead of the one that it has. */
  setStamp(stamp: Stamp): void {
    const { batch, row } = this;
    batch.timestamp[row] = stamp.ms;
    batch.timestampUs[row] = stamp.us;
    batch.timestampOffset[row] = stamp.offset;
    this.flags = (this.flags & ~OF_STAMPS) | stamp.flags;
  }

  /**
   * Sets the address of the peer as the host of a message that names none. The arena gets the
   * address once a batch: an earlier copy is used again while its bytes are unchanged.
   */
  hostIsPeer(span: number): void {
    this.flags |= BIT.noHostname;
    const ip = this.batch.sources[this.batch.source[this.row]!]?.ip ?? '';
    if (ip === '') return;
    let peer = this.#peers.get(ip);
    if (peer === undefined) {
      if (this.#peers.size >= MAX_PEERS) this.#peers.clear();
      peer = { bytes: Buffer.from(ip, 'latin1'), offset: ABSENT };
      this.#peers.set(ip, peer);
    }
    if (!this.#isInArena(peer)) peer.offset = this.batch.put(peer.bytes);
    if (peer.offset !== ABSENT) this.set(span, peer.offset, peer.offset + peer.bytes.length);
  }

  #isInArena(peer: { bytes: Uint8Array; offset: number }): boolean {
    const { bytes, offset } = peer;
    if (offset === ABSENT || offset + bytes.length > this.batch.used) return false;
    for (let i = 0; i < bytes.length; i++) if (this.bytes[offset + i] !== bytes[i]) return false;
    return true;
  }
}

const OF_STAMPS = BIT.noTimestamp | BIT.yearGuessed | BIT.tzAssumed | BIT.clockNotSynced;
const UTC = zoneNamed('UTC');
/** Characters of `head`: no stamp, name or prefix that is searched there is longer. */
const HEAD = 128;
/** The most peers whose addresses are remembered. UDP senders can forge any number of addresses. */
const MAX_PEERS = 4096;
