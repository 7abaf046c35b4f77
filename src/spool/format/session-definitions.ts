import { type Peer, TRANSPORTS } from '../../model/message.ts';

/** Bytes of definitions that one record holds. */
const DEFINITIONS_BYTES = 256 << 10;

/**
 * What a session's number stands for from here on; `source` is undefined if the session ended
 * cleanly.
 */
export type SessionDefinition = {
  readonly session: number;
  /** Equal for equal sources. */
  readonly text: string;
  readonly source: Peer | undefined;
};

/*
 * Records refer to a peer by a number, its session. A record of definitions gives these numbers
 * their meaning, one line of JSON each: `[number, ip, port, transport, listener, peer_cn?, relay?]`,
 * with an empty `peer_cn` if only `relay` is there. A line `[number]` says that the session ended
 * cleanly; its number may be defined again.
 */

/**
 * @param closed sessions that ended cleanly @param opened sessions to define. @returns payloads of
 * records
 */
export function encodeDefinitions(
  closed: readonly number[],
  opened: Iterable<readonly [session: number, source: Peer]>,
): Buffer[] {
  const lines = closed.map((session) => `[${session}]\n`);
  for (const [session, { ip, port, transport, listener, peer_cn: name, relay }] of opened) {
    const optional = relay === undefined ? [name].filter((each) => each !== undefined) : [name ?? '', relay];
    lines.push(`${JSON.stringify([session, ip, port, transport, listener, ...optional])}\n`);
  }
  return inRecords(lines);
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

/** The definitions in the payload of a record; lines that cannot be read are skipped. */
export function* definitionsIn(payload: string): Generator<SessionDefinition> {
  for (const line of payload.split('\n')) {
    const fields = fieldsOf(line);
    const [session, ip, port, transport, listener, name = '', relay] = fields ?? [];
    if (typeof session !== 'number') continue;
    const text = line.slice(line.indexOf(','));
    if (fields!.length === 1) yield { session, text, source: undefined };
    const known = TRANSPORTS.find((candidate) => candidate === transport);
    if (fields!.length < 5 || known === undefined) continue;
    const source: Peer = {
      ip: String(ip),
      port: Number(port),
      transport: known,
      listener: String(listener),
      ...(name !== '' && { peer_cn: String(name) }),
      ...(relay !== undefined && { relay: String(relay) }),
    };
    yield { session, text, source };
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
