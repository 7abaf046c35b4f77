import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageBatch } from '../../src/model/batch.ts';
import { createParser } from '../../src/parse/index.ts';
import { heapUsed, msFor, mutated, seeded } from '../support/mutate.ts';
import { bytesOf, corpusCases } from './corpus.ts';
import { fill, RECEIVED } from './support.ts';

const COUNT = Number(process.env['CORDWOOD_FUZZ'] ?? 20_000);
/** The most bytes by which the heap may grow, for any number of inputs. */
const FLAT = 4 << 20;

test(`one parser reads ${COUNT} mutated lines of devices: no throw, and the heap stays flat`, (t) => {
  const samples = corpusCases().flatMap(({ cases }) => cases.map(bytesOf));
  const batch = new MessageBatch(4, 1 << 20);
  const parser = createParser({ zoneOf: () => 'Europe/Berlin' });
  const random = seeded();
  let slowest = 0;
  let before = 0;
  for (let index = 0; index < COUNT; index++) {
    if (index === Math.floor(COUNT / 10)) before = heapUsed();
    const { start, end } = fill(batch, { bytes: mutated(samples, random) });
    const row = batch.begin(RECEIVED, index + 1, 0);
    slowest = Math.max(
      slowest,
      msFor(() => parser.parse(batch, row, start, end)),
    );
    assert.ok(batch.message(row).timestamp instanceof Date);
  }
  const grown = heapUsed() - before;
  assert.ok(grown < FLAT, `the heap grew by ${grown} bytes`);
  t.diagnostic(`slowest ${slowest.toFixed(2)} ms, heap ${(grown / 1024).toFixed(0)} KiB more`);
});
