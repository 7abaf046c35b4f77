import type { Peer } from '../../model/message.ts';
import { definitionsIn } from '../format/session-definitions.ts';

/** The source of messages whose session's definition is damaged: they are still read. */
const UNKNOWN_SOURCE: Peer = { ip: '0.0.0.0', port: 0, transport: 'tcp', listener: 'unknown' };

/**
 * The peers that records refer to, for reading: the sessions of the current segment, and a list of
 * their sources.
 */
export class SessionSources {
  /**
   * A source that two segments in a row do not name is replaced by `UNKNOWN_SOURCE`, so that its
   * memory is freed.
   */
  readonly list: Peer[] = [UNKNOWN_SOURCE];
  readonly #bySession: number[] = [];
  /** Indices in `list` by the text of the definition: from this segment, and from the one before. */
  #known = new Map<string, number>();
  #earlier = new Map<string, number>();

  /** Begins the next segment, which defines its sessions itself. */
  beginSegment(): void {
    for (const [text, index] of this.#earlier) if (!this.#known.has(text)) this.list[index] = UNKNOWN_SOURCE;
    this.#earlier = this.#known;
    this.#known = new Map();
    this.#bySession.length = 0;
  }

  /** Reads the payload of a record of definitions; lines that cannot be read are skipped. */
  define(payload: string): void {
    for (const { session, text, source } of definitionsIn(payload)) {
      if (source) this.#bySession[session] = this.#indexOf(text, source);
    }
  }

  /** The index in `list` of the source of a session. */
  of(session: number): number {
    return this.#bySession[session] ?? 0;
  }

  #indexOf(text: string, source: Peer): number {
    const index = this.#known.get(text) ?? this.#earlier.get(text) ?? this.list.push(source) - 1;
    this.#known.set(text, index);
    return index;
  }
}
