import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { BIN, cordwood, Server } from '../support/server.ts';
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

test('a start with too few file descriptors says so in one line', {
  skip: process.platform !== 'linux' ? 'only Linux reports its limits' : false,
}, async () => {
  for (const limit of [30, 40, 63]) {
    using folder = temporaryFolder();
    const command = ['/bin/sh', '-c', `ulimit -n ${limit}; exec "$0" "$@"`, process.execPath, BIN, 'serve'];
    const data = join(folder.path, 'data');
    await using server = new Server({ data, command: [...command, '--data', data, '--listen', 'tcp://127.0.0.1:0'] });
    assert.equal(await server.exited, 4, server.output);
    const reason = `the system's limit of open files is ${limit}, and the server needs at least 64`;
    assert.equal(server.output, `cordwood: cannot start: ${reason}; raise LimitNOFILE= or ulimit -n\n`);
  }
});
