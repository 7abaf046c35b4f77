import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOW, runFake } from './fake.ts';

test('stats shows the store, the spool, the listeners and the counters', async () => {
  const row = {
    version: '1.2.3',
    running: true,
    startedAt: NOW,
    data: '/d',
    store: {
      kind: 'embedded',
      days: [
        { stream: 'default', day: '2026-11-21', messages: 1000, rawBytes: 200_000, storedBytes: 40_000 },
        { stream: 'auth', day: '2026-11-22', messages: 0, rawBytes: 0, storedBytes: 0 },
      ],
      damaged: 2,
    },
    spool: { segments: 2, bytes: 1024, limit: 1 << 30, waitingBytes: 512 },
    listeners: [
      { name: 'udp0', kind: 'udp', address: '[::]:514', receiveBuffer: 8 << 20, kernelDrops: 12 },
      { name: 'tcp0', kind: 'tcp', address: '0.0.0.0:514' },
    ],
    counters: { 'b.zero': 0, 'c.many': 12_345, 'a.one': 1 },
  };
  const { stdout } = await runFake(['stats'], { rows: [row] });
  assert.equal(
    stdout,
    `server   cordwood 1.2.3, running since 2026-11-22T15:20:01.000Z
data     /d
spool    1 KiB of at most 1 GiB in 2 segments, 512 B not stored yet

store    embedded
day (UTC)   stream   messages  received    stored  per message
2026-11-21  default     1,000   195 KiB  39.1 KiB       40.0 B
2026-11-22  auth            0       0 B       0 B            -
total                   1,000   195 KiB  39.1 KiB       40.0 B
2 damaged pieces left out: see the server's log

listener  kind  address      receive buffer  dropped by the kernel
udp0      udp   [::]:514              8 MiB                     12
tcp0      tcp   0.0.0.0:514               -                      -

counter   value
a.one         1
c.many   12,345
`,
  );
  assert.deepEqual(JSON.parse((await runFake(['stats', '-o', 'json'], { rows: [row] })).stdout), row);
  const away = {
    ...row,
    store: { kind: 'away', days: [], damaged: 0, away: 'cannot answer from MongoDB: no primary' },
  };
  const shown = (await runFake(['stats'], { rows: [away] })).stdout;
  assert.match(shown, /^store {4}cannot answer from MongoDB: no primary; meanwhile the spool keeps what arrives$/m);
});
