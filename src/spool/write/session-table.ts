import type { Peer } from '../../model/message.ts';
import type { Entry } from '../contract.ts';
import { encodeDefinitions } from '../format/session-definitions.ts';

const NONE: readonly never[] = [];
/** Stands for the segment of a session that no segment defines yet. */
const UNDEFINED_SEGMENT = 0;

/**
 * The peers that records refer to by a session's number, for writing. Each segment defines a
 * session before the first record that refers to it.
 */
export class SessionTable {
  readonly #sources: (Peer | undefined)[] = [undefined];
  /** By session: the segment that last defined it. */
  readonly #definedIn: number[] = [UNDEFINED_SEGMENT];
  readonly #free: number[] = [];
  /** Sessions that ended cleanly since the last definitions. */
  #closed: number[] = [];

  open(source: Peer): number {
    const session = this.#free.pop() ?? this.#sources.length;
    this.#sources[session] = source;
    this.#definedIn[session] = UNDEFINED_SEGMENT;
    return session;
  }

  /** The peer of an open session. */
  sourceOf(session: number): Peer | undefined {
    return this.#sources[session];
  }

  close(session: number, clean: boolean): void {
    if (this.#sources[session] === undefined) return;
    this.#sources[session] = undefined;
    this.#free.push(session);
    if (clean && this.#definedIn[session] !== UNDEFINED_SEGMENT) this.#closed.push(session);
  }

  /**
   * The definitions that `segment` needs before the entry, as payloads of records. Counts them as
   * written; call `definitionsWritten` when they are. @throws RangeError if the entry names a
   * session that is not open
   */
  definitions(entry: Entry, segment: number): readonly Buffer[] {
    const missing = this.#missing(entry, segment);
    if (missing.length === 0 && this.#closed.length === 0) return NONE;
    for (const session of missing) this.#definedIn[session] = segment;
    const opened = [...new Set(missing)].map((session) => [session, this.#sources[session]!] as const);
    return encodeDefinitions(this.#closed, opened);
  }

  /** The last `definitions` go to the segment: forgets the sessions whose end they contain. */
  definitionsWritten(): void {
    if (this.#closed.length > 0) this.#closed = [];
  }

  #missing(entry: Entry, segment: number): readonly number[] {
    const { count, session: perFrame } = entry.frames;
    if (!perFrame) return this.#isDefined(entry.session, segment) ? NONE : [entry.session];
    const missing: number[] = [];
    for (let i = 0; i < count; i++) if (!this.#isDefined(perFrame[i]!, segment)) missing.push(perFrame[i]!);
    return missing;
  }

  #isDefined(session: number, segment: number): boolean {
    if (this.#sources[session] === undefined) throw new RangeError(`session ${session} is not open`);
    return this.#definedIn[session] === segment;
  }
}
