import { type Source, TRANSPORTS } from '../../model/message.ts';

/** Where a session's definition was damaged, its messages are still read, as from here. */
export const UNKNOWN_SOURCE: Source = { ip: '0.0.0.0', port: 0, transport: 'tcp', listener: 'unknown' };

/** A session's number, and the peer it stands for from here on; the peer is absent where the session ended in order. */
export type Definition = { readonly session: number; readonly text: string; readonly source: Source | undefined };

/** What the payload of a record of definitions says; lines that make no sense are passed over. */
export function* definitionsIn(payload: string): Generator<Definition> {
  for (const line of payload.split('\n')) {
    const fields = fieldsOf(line);
    const [session, ip, port, transport, listener, name] = fields ?? [];
    if (typeof session !== 'number') continue;
    const text = line.slice(line.indexOf(','));
    if (fields!.length === 1) yield { session, text, source: undefined };
    const known = TRANSPORTS.find((candidate) => candidate === transport);
    if (fields!.length < 5 || known === undefined) continue;
    const source: Source = {
      ip: String(ip),
      port: Number(port),
      transport: known,
      listener: String(listener),
      ...(name !== undefined && { peer_cn: String(name) }),
    };
    yield { session, text, source };
  }
}

/** The peers of records, on the side that reads: sessions of the segment being read, and a list of sources. */
export class SessionSources {
  /** A source that two segments did not name any more is replaced by `UNKNOWN_SOURCE`, so that it can be freed. */
  readonly list: Source[] = [UNKNOWN_SOURCE];
  readonly #bySession: number[] = [];
  /** Indices by definition: those of this segment, and of the one before. */
  #known = new Map<string, number>();
  #earlier = new Map<string, number>();

  /** Another segment begins: it defines its sessions anew. */
  beginSegment(): void {
    for (const [text, index] of this.#earlier) if (!this.#known.has(text)) this.list[index] = UNKNOWN_SOURCE;
    this.#earlier = this.#known;
    this.#known = new Map();
    this.#bySession.length = 0;
  }

  /** Takes in the payload of a record of definitions; lines that make no sense are passed over. */
  define(payload: string): void {
    for (const { session, text, source } of definitionsIn(payload)) {
      if (source) this.#bySession[session] = this.#indexOf(text, source);
    }
  }

  /** The index in `list` of a session's source. */
  of(session: number): number {
    return this.#bySession[session] ?? 0;
  }

  #indexOf(text: string, source: Source): number {
    const index = this.#known.get(text) ?? this.#earlier.get(text) ?? this.list.push(source) - 1;
    this.#known.set(text, index);
    return index;
  }
}

function fieldsOf(line: string): unknown[] | undefined {
  if (line === '') return undefined;
  try {
    const fields: unknown = JSON.parse(line);
    return Array.isArray(fields) ? fields : undefined;
  } catch {
    return undefined;
  }
}
