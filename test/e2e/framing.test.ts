import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const A = '<13>Nov 22 16:20:01 web1 app: one';
const counted = (text: string): string => `${Buffer.byteLength(text)} ${text}`;

/** What is sent over one connection, and the messages that must come. */
const CASES: readonly { framing: string; sent: string; messages: readonly string[] }[] = [
  {
    framing: 'lines',
    sent: `${A}\n54 <1>minute elapsed\n40 zombie processes\n`,
    messages: ['one', '54 <1>minute elapsed', '40 zombie processes'],
  },
  {
    framing: 'octet',
    sent: `${counted(A)}${counted('no PRI\nand a line feed')}${counted('<13>web1 is up')}`,
    messages: ['one', 'no PRI\nand a line feed', 'web1 is up'],
  },
  {
    framing: 'auto',
    sent: `${counted(A)}${counted('a text without PRI')}${counted('<13>three')}`,
    messages: ['one', 'a text without PRI', 'three'],
  },
  {
    framing: 'auto',
    sent: `${A}\n54 <1 minute elapsed\n40 zombie processes\n${counted('<13>counted')}`,
    messages: ['one', '54 <1 minute elapsed', '40 zombie processes', 'counted'],
  },
];

for (const { framing, sent, messages } of CASES) {
  test(`a listener with ?framing=${framing} finds ${messages.length} messages in ${JSON.stringify(sent.slice(0, 5))}…`, async () => {
    using folder = temporaryFolder();
    await using server = await Server.start({
      data: folder.path,
      listen: [`tcp://127.0.0.1:0?framing=${framing}`],
    });
    const socket = connect(await server.port('tcp0'), '127.0.0.1');
    socket.end(sent);
    await once(socket, 'close');
    const search = ['search', '--data', folder.path, '-S', 'all', '-n', 'all', '-o', 'json'];
    const found = await until('every message', async () => {
      const { stdout } = await cordwood(search);
      const rows = stdout.trim().split('\n').filter(Boolean);
      return rows.length >= messages.length && rows.map((row): string => JSON.parse(row).message);
    });
    assert.deepEqual(found, messages);
  });
}
