import type { Source } from '../../model/message.ts';
import type { Entry } from '../contract.ts';

/** Bytes of definitions that go into one record. */
const DEFINITIONS_BYTES = 256 << 10;
const NONE: readonly never[] = [];
/** The definition of a session that began in no segment yet. */
const UNDEFINED_SEGMENT = 0;

/**
 * The peers that records refer to by number, on the side that writes. Each segment defines a session before its first
 * record there: a line of JSON, `[number, ip, port, transport, listener, peer_cn?]`. A line `[number]` says that the
 * session ended in order; its number may then be defined anew.
 */
export class SessionTable {
  readonly #sources: (Source | undefined)[] = [undefined];
  /** The segment that last defined the session of that number. */
  readonly #definedIn: number[] = [UNDEFINED_SEGMENT];
  readonly #free: number[] = [];
  #closed: number[] = [];

  open(source: Source): number {
    const session = this.#free.pop() ?? this.#sources.length;
    this.#sources[session] = source;
    this.#definedIn[session] = UNDEFINED_SEGMENT;
    return session;
  }

  /** The peer of an open session. */
  sourceOf(session: number): Source | undefined {
    return this.#sources[session];
  }

  close(session: number, clean: boolean): void {
    if (this.#sources[session] === undefined) return;
    this.#sources[session] = undefined;
    this.#free.push(session);
    if (clean && this.#definedIn[session] !== UNDEFINED_SEGMENT) this.#closed.push(session);
  }

  /**
   * What `segment` must say before the entry, as payloads of records; it is taken to have been said.
   * @throws RangeError where the entry names a session that is not open
   */
  definitions(entry: Entry, segment: number): readonly Buffer[] {
    const missing = this.#missing(entry, segment);
    if (missing.length === 0 && this.#closed.length === 0) return NONE;
    for (const session of missing) this.#definedIn[session] = segment;
    const lines = [...new Set(missing)].map((session) => definition(session, this.#sources[session]!));
    return inRecords([...this.#closed.map((session) => `[${session}]\n`), ...lines]);
  }

  /** What the last `definitions` said is on its way to the file. */
  said(): void {
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
    if (this.#sources[session] === undefined) throw new RangeError(`no session has the number ${session}`);
    return this.#definedIn[session] === segment;
  }
}

function definition(session: number, source: Source): string {
  const { ip, port, transport, listener, peer_cn: name } = source;
  return `${JSON.stringify([session, ip, port, transport, listener, ...(name === undefined ? [] : [name])])}\n`;
}

function inRecords(lines: readonly string[]): Buffer[] {
  const records: Buffer[] = [];
  let text = '';
  for (const line of lines) {
    if (text.length + line.length > DEFINITIONS_BYTES) {
      records.push(Buffer.from(text));
      text = '';
    }
    text += line;
  }
  records.push(Buffer.from(text));
  return records;
}
