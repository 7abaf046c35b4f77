import assert from 'node:assert/strict';
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DiskReserve } from '../../../src/base/machine/disk-reserve.ts';
import { openEmbeddedReader, openEmbeddedWriter } from '../../../src/store/embedded/index.ts';
import { EPOCH } from '../../support/batches.ts';
import { cannotMount, fillDisk, tmpfs } from '../../support/tmpfs.ts';
import { filesOf, find, range, rows, sequencesIn } from './kit.ts';

const MIB = 1 << 20;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Four days of messages. */
const COUNT = 80;
const NOW = EPOCH + COUNT * HOUR;

async function withDays(use: (folder: string, filler: string) => Promise<void>): Promise<void> {
  using disk = tmpfs(32 * MIB);
  const folder = join(disk.path, 'data');
  {
    await using writer = await openEmbeddedWriter({ folder, streams: [], now: () => NOW });
    await writer.insert(rows(0, COUNT, () => ({}), HOUR));
    await writer.makeSafe({ receivedAt: NOW - HOUR, node: 1, sequence: COUNT - 1 });
  }
  await use(folder, join(disk.path, 'filler'));
}

for (const hasReserve of [true, false]) {
  test(
    `messages past their keep are deleted on a full disk ${hasReserve ? 'with' : 'without'} a reserve`,
    {
      skip: cannotMount(),
    },
    () =>
      withDays(async (folder, filler) => {
        const options = { folder, streams: [{ name: 'default', keep: DAY }], now: () => NOW };
        await using writer = await openEmbeddedWriter(options);
        await using reader = await openEmbeddedReader(options);
        if (hasReserve) new DiskReserve(folder).keep();
        fillDisk(filler);
        const had = filesOf(folder).length;
        const removed = new Set<string>();
        for (let runs = 0; runs < had; runs++) {
          for (const { day } of (await writer.expire(NOW)).removed) removed.add(day);
          await writer.maintain(0);
        }
        assert.equal(removed.size, had - filesOf(folder).length);
        assert.ok(removed.size >= 2);
        assert.deepEqual(
          (await reader.retentionEdges()).map(({ why }) => why),
          ['keep'],
        );
        const left = sequencesIn(await find(reader));
        assert.deepEqual(left, range(left[0]!, COUNT));
        assert.equal(reader.damaged, 0, 'what was deleted is not missed');
      }),
  );
}

test(
  'a writer starts on a full disk beside a part that a killed server could not begin',
  {
    skip: cannotMount(),
  },
  () =>
    withDays(async (folder, filler) => {
      const options = { folder, streams: [], now: () => NOW };
      // As after a kill, the files that SQLite needs beside the others are there: a reader has made them.
      await using reader = await openEmbeddedReader(options);
      assert.deepEqual(sequencesIn(await find(reader)), range(0, COUNT));
      const begun = filesOf(folder)
        .at(-1)!
        .replace(/-001\.cwb$/, '-002.cwb');
      appendFileSync(begun, '');
      fillDisk(filler);
      await using writer = await openEmbeddedWriter(options);
      assert.equal(await writer.latest(), NOW - HOUR);
      assert.equal(existsSync(begun), false);
      assert.deepEqual(sequencesIn(await find(reader)), range(0, COUNT));
    }),
);
