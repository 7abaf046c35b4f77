import { type FrameList, MAX_RECORD_FRAMES } from '../../src/base/frame-list.ts';
import { Counters } from '../../src/base/counters.ts';
import type { Source } from '../../src/model/message.ts';
import type { Entry } from '../../src/spool/contract.ts';
import {
  type OpenSpool,
  openSpool,
  openSpoolReader,
  SPOOL_COUNTERS,
  type SpoolOptions,
} from '../../src/spool/index.ts';

export const MIB = 1 << 20;

export function source(port: number): Source {
  return { ip: '192.0.2.7', port, transport: 'tcp', listener: 'tcp0' };
}

/** A spool with small segments. */
export function openSmall(folder: string, options: Partial<SpoolOptions> = {}): Promise<OpenSpool> {
  return openSpool({ folder, counters: new Counters(SPOOL_COUNTERS), segmentBytes: 4 * MIB, ...options });
}

/** Lines, each ended by LF, as a framer hands them over. */
export function linesEntry(session: number, lines: readonly string[], acknowledged = true): Entry {
  const bytes = lines.map((line) => Buffer.from(line));
  const frames = makeFrames(bytes.length);
  for (const [index, line] of bytes.entries()) {
    frames.skip[index] = index === 0 ? 0 : 1;
    frames.length[index] = line.length;
  }
  const payload = Buffer.from(`${lines.join('\n')}\n`);
  return { session, frames, parts: [payload], acknowledged };
}

export function makeFrames(count: number): FrameList {
  return {
    count,
    skip: new Uint32Array(count),
    length: new Uint32Array(count),
    flags: new Uint8Array(count),
    original: new Uint32Array(count),
  };
}

type ReadMessage = {
  readonly sequence: number;
  readonly receivedAt: number;
  readonly text: string;
  readonly port: number;
};
export type ReadBack = { readonly messages: ReadMessage[]; readonly places: number; readonly bytes: number };

/** All messages that a command finds in the spool if no server runs. */
export function readAll(folder: string, from = 0): ReadBack {
  using reader = openSpoolReader({ folder, from: { sequence: from } });
  const arena = Buffer.alloc(MIB);
  const messages: ReadMessage[] = [];
  while (reader.next(arena, 0) !== 0) {
    const { record, sources } = reader;
    for (let i = 0; i < record.count; i++) {
      const at = record.offset[i]!;
      messages.push({
        sequence: record.firstSequence + i,
        receivedAt: record.receivedAt,
        text: arena.toString('utf8', at, at + record.length[i]!),
        port: sources[record.source[i]!]!.port,
      });
    }
  }
  return { messages, places: reader.damaged.places, bytes: reader.damaged.bytes };
}

export function texts(read: ReadBack): string[] {
  return read.messages.map(({ text }) => text);
}

/** An entry of `count` frames with a payload of `bytes`, to fill segments quickly. */
export function bulkEntry(session: number, bytes: number, count = 1): Entry {
  const frames = makeFrames(Math.min(count, MAX_RECORD_FRAMES));
  frames.length.fill(Math.floor(bytes / frames.count));
  return { session, frames, parts: [Buffer.alloc(bytes, 'x')], acknowledged: true };
}
