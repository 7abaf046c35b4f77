import fc from '../../support/fc.ts';
import { MessageBatch, SPANS } from '../../../src/model/batch.ts';
import type { LogMessage, Source } from '../../../src/model/message.ts';
import { TRANSPORTS } from '../../../src/model/message.ts';
import type { BlockParts, EncodedBlock } from '../../../src/store/blocks/contract.ts';
import { Block } from '../../../src/store/blocks/format/block.ts';
import { guarded } from '../../../src/store/blocks/format/format.ts';
import { partsOf } from '../../../src/store/blocks/index.ts';

/** The values of a row; spans in the order of `SPAN`, undefined if absent. */
export type Row = {
  readonly step: number;
  readonly gap: number;
  readonly priority: number;
  readonly format: number;
  readonly version: number;
  readonly flags: number;
  readonly skew: number;
  readonly timestampUs: number;
  readonly timestampOffset: number;
  readonly originalLength: number;
  readonly source: number;
  readonly spans: readonly (Uint8Array | undefined)[];
};

export const ALL_ROWS = (batch: MessageBatch): Uint32Array =>
  Uint32Array.from({ length: batch.count }, (_, row) => row);

const bytes = (text: string): Uint8Array => Buffer.from(text);
const name = fc.constantFrom('web-1', 'web-2', 'db', '', 'Größe.example', 'a'.repeat(70), 'nginx').map(bytes);
const anything = fc.oneof(
  { arbitrary: fc.lorem({ maxCount: 8 }).map(bytes), weight: 6 },
  {
    arbitrary: fc.constantFrom('timeout GRÖSSE', 'Timeout größe\n', '', '\0', 'ſtraße K', 'a\nb', '🦊 x_1').map(bytes),
    weight: 4,
  },
  { arbitrary: fc.uint8Array({ maxLength: 40 }), weight: 2 },
);
const structured = fc.constantFrom('[a@1 x="1" y="2"]', '[a@1 x="3\\]"][b]', '', '[b z="\\"q"]').map(bytes);
const fields = fc.constantFrom('[{"name":"user","value":"bob"}]', '[]', '[{"name":"n","value":3}]').map(bytes);
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });

export const row: fc.Arbitrary<Row> = fc.record({
  step: fc.oneof({ arbitrary: fc.nat(3), weight: 5 }, { arbitrary: fc.nat(1 << 30), weight: 1 }),
  gap: fc.oneof(
    { arbitrary: fc.constant(1), weight: 5 },
    { arbitrary: fc.integer({ min: 1, max: 2 ** 40 }), weight: 1 },
  ),
  priority: fc.nat(191),
  format: fc.nat(2),
  version: fc.constantFrom(0, 1, 1, 65535),
  flags: fc.constantFrom(0, 0, 1, 0x82, 0x1fff),
  skew: fc.oneof(
    { arbitrary: fc.integer({ min: -50, max: 50 }), weight: 4 },
    { arbitrary: fc.integer({ min: -1.7e12, max: 1e13 }), weight: 1 },
  ),
  timestampUs: fc.constantFrom(0x7fff, 0, 999, 123),
  timestampOffset: fc.constantFrom(0x7fff, 0, -720, 840),
  originalLength: fc.constantFrom(0, 0, 0, 70_000, 2 ** 32 - 1),
  source: fc.nat(3),
  spans: fc.tuple(
    maybe(name),
    maybe(name),
    maybe(
      fc.oneof(
        name,
        fc.nat(99).map((pid) => bytes(String(pid))),
      ),
    ),
    maybe(name),
    maybe(structured),
    maybe(anything),
    fc.option(fc.uint8Array({ maxLength: 30 }), { nil: undefined, freq: 3 }),
    fc.option(fields, { nil: undefined, freq: 3 }),
  ),
});

/** A batch of rows in order of arrival, with spans anywhere in the arena. */
export function batchOf(
  rows: readonly Row[],
  options: { node?: number; at?: number; sequence?: number } = {},
): MessageBatch {
  const { node = 7, at = 1_763_900_000_000, sequence = 1 } = options;
  const size = rows.reduce((sum, { spans }) => sum + spans.reduce((of, span) => of + (span?.length ?? 0), 0), 64);
  const batch = new MessageBatch(Math.max(1, rows.length), size);
  batch.node = node;
  batch.sources.push(...Array.from({ length: 4 }, (_, index) => sourceOf(index)));
  let time = at;
  let number = sequence;
  for (const given of rows) {
    time += given.step;
    number += given.gap;
    const index = batch.begin(time, number, given.source);
    batch.priority[index] = given.priority;
    batch.format[index] = given.format;
    batch.version[index] = given.version;
    batch.flags[index] = given.flags;
    batch.timestamp[index] = time + given.skew;
    batch.timestampUs[index] = given.timestampUs;
    batch.timestampOffset[index] = given.timestampOffset;
    batch.originalLength[index] = given.originalLength;
    for (let span = 0; span < SPANS; span++) {
      const piece = given.spans[span];
      if (piece) batch.setSpan(index, span, batch.put(piece), piece.length);
    }
  }
  return batch;
}

function sourceOf(index: number): Source {
  const peer = index === 3 ? { peer_cn: 'agent.example' } : {};
  return {
    ip: `10.0.0.${index}`,
    port: 1000 + index * 20_000,
    transport: TRANSPORTS[index]!,
    listener: `tcp${index & 1}`,
    ...peer,
  };
}

/** The messages of the given rows of a batch. */
export function messagesOf(batch: MessageBatch, rows: Uint32Array = ALL_ROWS(batch)): LogMessage[] {
  return Array.from(rows, (index) => batch.message(index));
}

export function decoded(block: EncodedBlock, stream = 'default'): LogMessage[] {
  return decodeBlock(partsOf(block, stream));
}

/** All messages of a block in order of `_id`. @throws an Error "damaged block: …" */
export function decodeBlock(parts: BlockParts): LogMessage[] {
  return guarded('its rows', () => {
    const block = new Block(parts);
    return Array.from({ length: block.count }, (_, row) => block.message(row));
  });
}
