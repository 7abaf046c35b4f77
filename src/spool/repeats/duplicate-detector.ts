import { FRAME_FLAG, MAX_RECORD_FRAMES } from '../../base/frame-list.ts';
import type { Source } from '../../model/message.ts';
import type { Entry } from '../contract.ts';
import { fingerprints } from './fingerprints.ts';
import { type Allowance, SessionHistory } from './session-history.ts';
import { ReplayPositions } from './replay-positions.ts';

/** Fingerprints that are remembered in all, 32 MiB; beyond that each session has a few. */
const FRAMES_IN_ALL = 4 << 20;
/** How long a session that broke is remembered, ms: rsyslog's longest pause between two tries, and some. */
const KEPT_MS = 35 * 60_000;
/** Broken sessions that are remembered in all, and sessions of a peer that are looked through, the newest ones. */
const MOST_BROKEN = 16_384;
const MOST_OF_PEER = 4096;

/** A session that did not end in order, and the fingerprints of its last frames, oldest first. */
export type BrokenSession = { readonly source: Source; readonly frames: Float64Array };

/** A session under way; `places` is absent once it sends what no earlier one did. */
type Live = { readonly history: SessionHistory; places: ReplayPositions | undefined };

/**
 * Recognises what a sender may have sent twice. Who waits for acknowledgements and loses the connection begins the next
 * session with all that was not acknowledged, in order: so while the first frames of a session are those of an earlier
 * one of the same peer, which did not end in order, from some place on, they are flagged. They are never dropped: equal
 * messages are legal.
 */
export class DuplicateDetector {
  readonly #live = new Map<number, Live>();
  /** Sessions that ended, but not in order; the first to be forgotten comes first. */
  readonly #broken = new Set<SessionHistory>();
  readonly #byPeer = new Map<string, Set<SessionHistory>>();
  readonly #scratch = new Float64Array(MAX_RECORD_FRAMES);
  readonly #allowance: Allowance;

  /** @param broken of an earlier run, the first to be forgotten first */
  constructor(broken: readonly BrokenSession[], now: number, framesInAll = FRAMES_IN_ALL) {
    this.#allowance = { left: framesInAll, forget: () => this.#forgetOldest() };
    for (const { source, frames } of broken) {
      const history = this.#begin(source);
      for (const frame of frames) history.add(frame);
      this.#end(history, now);
    }
  }

  /** Frames remembered; for tests and for those who wonder about memory. */
  get remembered(): number {
    let frames = 0;
    for (const histories of this.#byPeer.values()) for (const { size } of histories) frames += size;
    return frames;
  }

  /** Flags the entry's frames that its sender may have sent before, and remembers them all. */
  take(entry: Entry, source: Source | undefined): void {
    const { frames, parts, session } = entry;
    if (!source || frames.session || frames.count > MAX_RECORD_FRAMES) return;
    const found = this.#live.get(session);
    const live = found ?? { history: this.#begin(source), places: undefined };
    fingerprints(frames, parts, this.#scratch);
    if (!found) {
      this.#live.set(session, live);
      live.places = ReplayPositions.of(this.#others(live.history), this.#scratch[0]!);
    }
    for (let i = 0; i < frames.count; i++) {
      const frame = this.#scratch[i]!;
      if (live.places && follow(live, frame)) frames.flags[i]! |= FRAME_FLAG.possibleDuplicate;
      live.history.add(frame);
    }
  }

  /** A session ended; `clean` where its sender has all acknowledgements and said so. */
  close(session: number, clean: boolean, now: number): void {
    const live = this.#live.get(session);
    if (!live) return;
    this.#live.delete(session);
    if (clean) this.#forget(live.history);
    else this.#end(live.history, now);
  }

  /** Forgets what broke too long ago. */
  expire(now: number): void {
    for (const history of this.#broken) {
      if (now - history.endedAt! < KEPT_MS) return;
      this.#forget(history);
    }
  }

  #begin(source: Source): SessionHistory {
    const peer = `${source.ip} ${source.listener} ${source.peer_cn ?? ''}`;
    const history = new SessionHistory(peer, this.#allowance);
    const histories = this.#byPeer.get(peer);
    if (histories) histories.add(history);
    else this.#byPeer.set(peer, new Set([history]));
    return history;
  }

  #end(history: SessionHistory, now: number): void {
    history.endedAt = now;
    this.#broken.add(history);
    if (this.#broken.size > MOST_BROKEN) this.#forgetOldest();
  }

  /** The other sessions of its peer, the newest first. */
  #others(own: SessionHistory): SessionHistory[] {
    const all = [...this.#byPeer.get(own.peer)!].slice(-MOST_OF_PEER - 1);
    return all.reverse().filter((history) => history !== own);
  }

  #forgetOldest(): boolean {
    for (const oldest of this.#broken) {
      this.#forget(oldest);
      return true;
    }
    return false;
  }

  #forget(history: SessionHistory): void {
    history.forget();
    this.#broken.delete(history);
    const histories = this.#byPeer.get(history.peer)!;
    histories.delete(history);
    if (histories.size === 0) this.#byPeer.delete(history.peer);
  }
}

/** Whether the session goes on repeating an earlier one with this frame; once it does not, nothing is looked for. */
function follow(live: Live, frame: number): boolean {
  live.places!.follow(frame);
  if (live.places!.count > 0) return true;
  live.places = undefined;
  return false;
}
