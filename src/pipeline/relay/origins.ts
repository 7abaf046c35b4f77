import { DAY } from '../../base/units.ts';
import type { Beat } from '../../relay/contract.ts';

/** The most origins that are remembered in all, and of one peer: then the least recently heard is forgotten. */
const MAX_ORIGINS = 65_536;
const MAX_OF_PEER = 4096;
/** A message whose arrival is further ahead of ours moves no mark, ms: it would make all later ones repetitions. */
const MAX_AHEAD = DAY;

/** The place of a message in the order of its origin: its arrival there (ms), and its sequence. */
export type Mark = { readonly at: number; readonly sequence: number };

/**
 * An origin: the sequence of messages that one peer forwards under one `from`. Counts and times are of this server. The
 * keys are a stored format.
 */
export type Origin = {
  readonly peer: string;
  readonly from: string;
  /** The last message that was taken; absent before the first one. */
  mark?: Mark | undefined;
  /** Messages that were taken, and those that were taken before. */
  taken: number;
  again: number;
  /** When something of this origin last arrived, ms. */
  heardAt: number;
  /** When the sequence last began again below the mark, ms. */
  setBackAt?: number;
  /** The last beat, and its arrival, ms. */
  beat?: Beat;
  beatAt?: number;
  /** Messages that the origin had sent before the first one that is counted here; absent before the first beat. */
  before?: number;
  /** Messages that it had sent before its last beat, and that were not here then. */
  missing?: number;
};

/** What a message is to its origin: `again` if it was taken before; `set-back` if the sequence began again. */
type Verdict = 'new' | 'again' | 'set-back' | 'ahead';

/**
 * Remembers for each origin the last message that was taken, so that each is taken once. A forwarding server sends in
 * ascending order, and begins each connection at or below its first unacknowledged message. An acknowledged message is in
 * our spool before the next connection can begin. So, in the order of our spool, everything below a message comes before
 * it: what is at or below the mark was taken before.
 *
 * Both arrival and sequence must be at or below. A server whose data was set back to an earlier state gives out its
 * sequences again, with later arrivals: these are other messages.
 */
export class Origins {
  /** By peer, then by `from`; both in the order in which they were last heard. */
  readonly #peers = new Map<string, Map<string, Origin>>();
  #size = 0;
  #last: Origin | undefined;

  /** The origin, which is now the most recently heard one. @param now its message's arrival here, ms */
  of(peer: string, from: string, now: number): Origin {
    const last = this.#last;
    if (last && last.from === from && last.peer === peer) {
      last.heardAt = now;
      return last;
    }
    const own = this.#peers.get(peer) ?? new Map<string, Origin>();
    const origin = own.get(from) ?? { peer, from, taken: 0, again: 0, heardAt: now };
    if (own.delete(from)) this.#size--;
    this.#peers.delete(peer);
    this.#peers.set(peer, own);
    if (own.size >= MAX_OF_PEER) this.#forget(own);
    else if (this.#size >= MAX_ORIGINS) this.#forgetOldest();
    own.set(from, origin);
    this.#size++;
    origin.heardAt = now;
    this.#last = origin;
    return origin;
  }

  all(): Origin[] {
    return [...this.#peers.values()].flatMap((own) => [...own.values()]);
  }

  /** Replaces all origins; the first one is the least recently heard. */
  restore(origins: readonly Origin[]): void {
    this.#peers.clear();
    this.#size = 0;
    for (const saved of origins) Object.assign(this.of(saved.peer, saved.from, saved.heardAt), saved);
    this.#last = undefined;
  }

  #forgetOldest(): void {
    const [peer, own] = this.#peers.entries().next().value!;
    this.#forget(own);
    if (own.size === 0) this.#peers.delete(peer);
  }

  #forget(own: Map<string, Origin>): void {
    const [from] = own.keys();
    own.delete(from!);
    this.#size--;
  }
}

/**
 * Decides whether a message is taken, and counts it. @param place its place at its origin @param now its arrival here, ms
 */
export function take(origin: Origin, place: Mark, now: number): Verdict {
  const { mark } = origin;
  const isAgain = mark !== undefined && place.at <= mark.at && place.sequence <= mark.sequence;
  if (isAgain) {
    origin.again++;
    return 'again';
  }
  origin.taken++;
  if (place.at - now > MAX_AHEAD) return 'ahead';
  const isSetBack = mark !== undefined && place.at > mark.at && place.sequence <= mark.sequence;
  origin.mark = place;
  if (!isSetBack) return 'new';
  origin.setBackAt = now;
  return 'set-back';
}
