import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';

/** Makes the segments of a spool those of a format that is still to come. */
function makeNewer(spool: string): void {
  for (const name of readdirSync(spool).filter((file) => file.endsWith('.spool'))) {
    const bytes = readFileSync(join(spool, name));
    bytes.writeUInt32LE(bytes.readUInt32LE(8) + 1, 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(16, 64), crc32(bytes.subarray(0, 12))), 12);
    writeFileSync(join(spool, name), bytes);
  }
}

test('a start that finds a spool it cannot read says so and ends, without waiting for its threads', async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  {
    await using server = await Server.start({ data });
    await server.kill('SIGTERM');
  }
  makeNewer(join(data, 'spool'));
  const { code, stderr } = await cordwood(['serve', '--data', data, '--listen', 'tcp://127.0.0.1:0']);
  assert.equal(code, 4);
  assert.match(
    stderr,
    /^cordwood: cannot read .*\.spool: it has format \d+, .*; use the newer cordwood that wrote it$/m,
  );
  assert.doesNotMatch(stderr, /did not end/);
});
