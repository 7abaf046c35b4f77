import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type EarlierShape, replacedKeys } from '../../../src/model/earlier-shape.ts';
import type { EncodedBlock } from '../../../src/store/blocks/contract.ts';
import { partsOf, sequencesOf } from '../../../src/store/blocks/index.ts';
import { decoded } from './batches.ts';

/*
 * Blocks as the first builds wrote them, and as the first that wrote templates did. Every later version must read them: if a test of this file
 * fails, the program cannot read stored data, and the program is what has to change. The files were
 * written once and are not written again.
 */

type Golden = Omit<EncodedBlock, 'summary' | 'tokens' | 'columns' | 'text'> & {
  readonly about: string;
  readonly parts: Readonly<Record<'summary' | 'tokens' | 'columns' | 'text', string>>;
  /** As messages were then: with lists of structured data and fields. */
  readonly messages: readonly EarlierShape[];
};

const FOLDER = join(import.meta.dirname, '../../fixtures/blocks');
const FILES = globSync('*.json.gz', { cwd: FOLDER }).sort();

test('all golden blocks are there: twenty of the first builds, seven of the first with templates', () => {
  assert.equal(FILES.filter((file) => /^\d/.test(file)).length, 20);
  assert.equal(FILES.filter((file) => file.startsWith('templates-')).length, 7);
});

for (const file of FILES) {
  const golden: Golden = JSON.parse(gunzipSync(readFileSync(join(FOLDER, file))).toString());
  test(`golden block ${file} is read as it was written: ${golden.about}`, () => {
    const { first, last, count, rawBytes } = golden;
    const bytes = (part: keyof Golden['parts']) => Buffer.from(golden.parts[part], 'base64');
    const parts = {
      summary: bytes('summary'),
      tokens: bytes('tokens'),
      columns: bytes('columns'),
      text: bytes('text'),
    };
    const block: EncodedBlock = { first, last, count, rawBytes, ...parts };
    const messages = decoded(block).map((message) => {
      const { raw, ...rest } = message;
      return JSON.parse(JSON.stringify({ ...rest, ...(raw && { raw: Buffer.from(raw).toString('base64') }) }));
    });
    assert.deepEqual(
      messages.map(sorted),
      golden.messages.map((message) => sorted({ ...message, ...replacedKeys(message) })),
    );
    const runs = sequencesOf(partsOf(block, 'default'));
    assert.equal(
      runs.reduce((sum, run) => sum + run.last - run.first + 1, 0),
      count,
    );
  });
}

/** A message with its keys in order, so that only values are compared. */
function sorted(message: unknown): unknown {
  return Object.entries(message as object).sort(([a], [b]) => (a < b ? -1 : 1));
}
