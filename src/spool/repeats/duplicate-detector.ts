import { FRAME_FLAG, MAX_RECORD_FRAMES } from '../../base/frame-list.ts';
import type { Source } from '../../model/message.ts';
import type { Entry } from '../contract.ts';
import { fingerprints } from './fingerprints.ts';
import { KEPT_MS, MAX_BROKEN } from './limits.ts';
import { ReplayPositions } from './replay-positions.ts';
import { type Allowance, SessionHistory } from './session-history.ts';

/**
 * The most fingerprints that are remembered in all, 32 MiB; beyond that, each session has its
 * minimum.
 */
const FRAMES_IN_ALL = 4 << 20;
/** The most sessions of one peer that a new session is compared with, newest first. */
const MAX_COMPARED = 4096;

/** A session that did not end cleanly, and the fingerprints of its last frames, oldest first. */
export type BrokenSession = { readonly source: Source; readonly fingerprints: Float64Array };

/**
 * An open session. `replay` is undefined once the session sends frames that no earlier session has
 * sent.
 */
type OpenSession = { readonly history: SessionHistory; replay: ReplayPositions | undefined };

/**
 * Finds messages that a sender may have sent twice. A sender that waits for acknowledgements and
 * loses its connection begins the next session with all unacknowledged messages, in order. So the
 * first frames of a session are flagged as long as they repeat an earlier session of the same peer,
 * which did not end cleanly, from some frame on. Flagged messages are never dropped: equal messages
 * are legal. See docs/possible-duplicates.md.
 */
export class DuplicateDetector {
  readonly #open = new Map<number, OpenSession>();
  /** Sessions that did not end cleanly; the first one is forgotten first. */
  readonly #broken = new Set<SessionHistory>();
  readonly #byPeer = new Map<string, Set<SessionHistory>>();
  readonly #scratch = new Float64Array(MAX_RECORD_FRAMES);
  readonly #allowance: Allowance;

  /** @param broken sessions of an earlier run; the first one is forgotten first */
  constructor(broken: readonly BrokenSession[], now: number, framesInAll = FRAMES_IN_ALL) {
    this.#allowance = { left: framesInAll, reserved: framesInAll / 2, forget: () => this.#forgetOldest() };
    for (const session of broken) {
      const history = this.#begin(session.source);
      for (const fingerprint of session.fingerprints) history.add(fingerprint);
      this.#break(history, now);
    }
  }

  /** How many frames are remembered, for tests and measurements. */
  get remembered(): number {
    let frames = 0;
    for (const histories of this.#byPeer.values()) for (const { size } of histories) frames += size;
    return frames;
  }

  /** Flags the frames of an entry that its sender may have sent before, and remembers all its frames. */
  inspect(entry: Entry, source: Source | undefined): void {
    const { frames, parts, session } = entry;
    if (!source || frames.session || frames.count > MAX_RECORD_FRAMES) return;
    const found = this.#open.get(session);
    const open = found ?? { history: this.#begin(source), replay: undefined };
    fingerprints(frames, parts, this.#scratch);
    if (!found) {
      this.#open.set(session, open);
      open.replay = ReplayPositions.of(this.#others(open.history), this.#scratch[0]!);
    }
    for (let i = 0; i < frames.count; i++) {
      const fingerprint = this.#scratch[i]!;
      if (open.replay && follow(open, fingerprint)) frames.flags[i]! |= FRAME_FLAG.possibleDuplicate;
      open.history.add(fingerprint);
    }
  }

  /**
   * A session has ended. @param clean whether its sender has all acknowledgements and has closed
   * the session
   */
  close(session: number, clean: boolean, now: number): void {
    const open = this.#open.get(session);
    if (!open) return;
    this.#open.delete(session);
    if (clean) this.#forget(open.history);
    else this.#break(open.history, now);
  }

  /** Forgets sessions that broke too long ago. */
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

  #break(history: SessionHistory, now: number): void {
    history.endedAt = now;
    this.#broken.add(history);
    if (this.#broken.size > MAX_BROKEN) this.#forgetOldest();
  }

  /** The other sessions of the same peer, newest first. */
  #others(own: SessionHistory): SessionHistory[] {
    const all = [...this.#byPeer.get(own.peer)!].slice(-MAX_COMPARED - 1);
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

/**
 * @returns whether the session with this frame still repeats an earlier one; if not, the comparison
 * ends
 */
function follow(open: OpenSession, fingerprint: number): boolean {
  open.replay!.follow(fingerprint);
  if (open.replay!.count > 0) return true;
  open.replay = undefined;
  return false;
}
