import assert from 'node:assert/strict';
import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatBytes } from '../../src/base/units.ts';
import { z } from '../../src/base/schema.ts';
import { unitOf } from '../../src/config/describe.ts';
import { describe, loadSettings } from '../../src/config/index.ts';
import { listenerSchemas } from '../../src/config/schema.ts';
import { temporaryFolder } from '../support/tmp.ts';

/** The line about the default of `max_disk` for a folder. */
function defaultLine(folder: string): string {
  const { bsize, blocks } = statfsSync(folder);
  const most = Math.max(64 * 2 ** 20, Math.min(bsize * blocks * 0.1, 50 * 2 ** 30));
  const [limit, kept] = [most, bsize * blocks * 0.15].map((bytes) => formatBytes(Math.floor(bytes)));
  return `max disk       ${limit} (the default; ${kept} of the disk stay free, or half of what is free at the start) for all streams, then the oldest messages of the least important one are deleted`;
}

test('describe shows what a server without a configuration would do', async () => {
  const settings = await loadSettings({}, { XDG_STATE_HOME: '/state' }, '/nonexistent');
  const want = `configuration  none: the defaults apply
data           /state/cordwood (the default)
listen         udp0: udp 127.0.0.1:5514
               max_frame 64 KiB, inflate on, receive_buffer 8 MiB
listen         tcp0: tcp 127.0.0.1:5514
               max_frame 64 KiB, inflate on, max_connections 20000, max_connections_per_address 4096, half_frame_timeout 1m, first_byte_timeout off, idle_timeout off, max_age off, keepalive on, backlog 4096, framing auto
listen         udp1: udp [::1]:5514, if this machine has IPv6
               max_frame 64 KiB, inflate on, receive_buffer 8 MiB
listen         tcp1: tcp [::1]:5514, if this machine has IPv6
               max_frame 64 KiB, inflate on, max_connections 20000, max_connections_per_address 4096, half_frame_timeout 1m, first_byte_timeout off, idle_timeout off, max_age off, keepalive on, backlog 4096, framing auto
web            http://127.0.0.1:8514/, users of /state/cordwood/users.yaml
store          embedded
stream         default: kept 30d after arrival, then deleted
${defaultLine('/')}
spool          at most 8 GiB; if it is full, TCP and RELP wait and UDP messages are dropped and counted
zone           this machine's, for timestamps without a zone
`;
  assert.equal(await describe(settings), want);
});

test('describe shows what a server with a configuration would do', async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'c.yaml');
  writeFileSync(
    config,
    `data: /srv
listen: [{kind: udp, address: '*:514', name: campus, zone: Asia/Tokyo}]
streams: [{name: default, keep: forever}]
zone: UTC
zones: [{cidr: 10.0.0.7, zone: Europe/Berlin}]
alerts: [{name: fires, kind: match, query: fire, to: [ops@example.org, pager]}]
silence: {to: [ops@example.org]}
digest: {to: [ops@example.org]}
notifiers: [{kind: webhook, name: pager, url: 'https://pager.example.org/secret/path'}]
mail: {from: logs@example.org, smtp: 'smtps://logs@mail.example.org'}
`,
  );
  const want = `configuration  ${config}
data           /srv (data: in the configuration)
listen         campus: udp [::]:514
               zone Asia/Tokyo, max_frame 64 KiB, inflate on, receive_buffer 8 MiB
web            off; web: {} turns it on, for this machine only
store          embedded
stream         default: kept for ever
max disk       no limit: only keep and max_size of a stream delete messages; if the disk is full, none are accepted
alert          fires: match, at */5 * * * *, to ops@example.org, pager
silent hosts   notices to ops@example.org
digest         at 0 7 * * *, to ops@example.org
notifier       pager: webhook to pager.example.org
mail           from logs@example.org through smtps://logs@mail.example.org, at most 20 an hour to each
spool          at most 8 GiB; if it is full, TCP and RELP wait and UDP messages are dropped and counted
zone           UTC, for timestamps without a zone
               Europe/Berlin, for those from 10.0.0.7/32
`;
  assert.equal(await describe(await loadSettings({ config }, {})), want);
});

test('the key of each listener setting tells its unit', () => {
  for (const schema of listenerSchemas) {
    for (const [key, value] of Object.entries(schema.shape)) {
      const unit = value instanceof z.ZodPrefault ? (value.unwrap() as z.ZodType).meta()?.['unit'] : undefined;
      if (unit === 'bytes' || unit === 'duration') assert.equal(unitOf(key), unit, key);
      else assert.ok(unitOf(key) !== 'bytes', key);
    }
  }
});

test('describe prints the commands that shard the collections of a cluster', async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'c.yaml');
  const store = "{kind: mongodb, uri: 'mongodb://r1,r2/', database: logs, sharded: true}";
  writeFileSync(
    config,
    `store: ${store}\nstreams: [{name: auth, match: 'facility:auth', keep: 1y}, {name: default, keep: 30d}]\n`,
  );
  const text = await describe(await loadSettings({ config }, {}));
  for (const collection of ['logs_auth', 'logs_default']) {
    const created = `db.getSiblingDB('logs').getCollection('${collection}').createIndex({hostname: 'hashed', _id: 1})`;
    assert.ok(text.includes(`  ${created}\n`), text);
    assert.ok(text.includes(`  sh.shardCollection('logs.${collection}', {hostname: 'hashed', _id: 1})\n`), text);
  }
  writeFileSync(config, `store: ${store.replace('sharded', 'partition: day, sharded')}\n`);
  await assert.rejects(loadSettings({ config }, {}), /store\.sharded: has no use with partition: day/);
});
