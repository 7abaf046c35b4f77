import { Counters } from '../../../src/base/counters.ts';
import { SECOND } from '../../../src/base/units.ts';
import { MessageBatch } from '../../../src/model/batch.ts';
import { encodeId } from '../../../src/model/id.ts';
import type { LogMessage, Peer } from '../../../src/model/message.ts';
import { createParser } from '../../../src/parse/index.ts';
import { openPipeline, type Pipeline, RELAY_COUNTERS } from '../../../src/pipeline/index.ts';
import type { Beat } from '../../../src/relay/contract.ts';
import { beatLine, formatTrail, relayedLine, trailOf } from '../../../src/relay/index.ts';
import { EPOCH, messagesOf } from '../../support/batches.ts';

const parser = createParser({ zoneOf: () => 'UTC' });
/** The nonce of the spool here, and what the edge sends as `from`. */
export const NONCE = 'c0ffee00c0ffee00c0ffee00c0ffee00';
export const FROM = '5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c/central';
export const EDGE: Peer = { ip: '10.9.9.9', port: 4000, transport: 'relp', listener: 'relp0', relay: 'edge1' };
const { relay: _, ...stranger } = EDGE;
/** A peer that is no relay. */
export const STRANGER = stranger;
/** When lines arrive here, ms. */
export const NOW = EPOCH + 60 * SECOND;

type Here = { readonly pipeline: Pipeline; readonly counters: Counters };

/** A server that takes lines of relays. */
export async function open(): Promise<Here> {
  const counters = new Counters(RELAY_COUNTERS);
  return { pipeline: await openPipeline({ pipeline: [], streams: [] }, { counters, nonce: NONCE }), counters };
}

/** Receives lines of one peer. @returns the stored messages, and the names of what dropped the others */
export function receive({ pipeline }: Here, lines: readonly string[], peer: Peer = EDGE, room = 1 << 16) {
  const texts = lines.map((line) => Buffer.from(line));
  const batch = new MessageBatch(lines.length, texts.reduce((sum, text) => sum + text.length, 0) + room);
  batch.node = 9;
  const source = batch.sources.push(peer) - 1;
  for (const [index, text] of texts.entries()) {
    const at = batch.put(text);
    parser.parse(batch, batch.begin(NOW, index + 1, source), at, at + text.length);
  }
  const dropped: string[] = [];
  pipeline.run(batch, { dropped: (_batch, _row, name) => void dropped.push(name) });
  return { stored: messagesOf(batch), dropped, batch };
}

/** A message that an edge has stored; its arrival there and its id go by the sequence. */
export const message = (sequence: number, more: Partial<LogMessage> = {}): LogMessage =>
  ({
    _id: encodeId(EPOCH + sequence, 3, sequence),
    received_at: new Date(EPOCH + sequence),
    timestamp: new Date(EPOCH),
    timestamp_offset: 60,
    facility: 4,
    severity: 6,
    level: 'info',
    hostname: 'web1',
    appname: 'sshd',
    message: `line ${sequence}`,
    source: { ip: '10.0.0.7', port: 51_413, transport: 'udp', listener: 'udp0' },
    stream: 'auth',
    format: 'rfc3164',
    flags: [],
    ...more,
  }) satisfies LogMessage;

/** The line by which the edge forwards it. */
export const line = (sequence: number, more: Partial<LogMessage> = {}, from = FROM): string => {
  const one = message(sequence, more);
  return relayedLine(one, formatTrail(trailOf(one, from)));
};

/** The line by which the edge says how far it is. */
export const beat = (more: Partial<Beat>): string =>
  beatLine({
    ...{ from: FROM, at: NOW, visible: message(9)._id, waiting: 0, sent: 0, lost: 0, cut: 0, dead: 0 },
    ...{ host: 'edge1', version: '1.0' },
    ...more,
  });
