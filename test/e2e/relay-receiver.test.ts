import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatCount } from '../../src/base/text.ts';
import { encodeId } from '../../src/model/id.ts';
import type { LogMessage } from '../../src/model/message.ts';
import { beatLine, formatTrail, relayedLine, trailOf } from '../../src/relay/index.ts';
import fc from '../support/fc.ts';
import { hostileChanges, hostileElements } from '../support/hostile-trails.ts';
import { freePort } from '../support/ports.ts';
import { RelpSender } from '../support/relp.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const KILLS = Number(process.env['CORDWOOD_RELAYED'] ?? 2);
/** Elements with values that no forwarding server writes. */
const HOSTILE = Number(process.env['CORDWOOD_HOSTILE'] ?? 900);
const NONCE = '5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c';
const START = Date.now() - 60_000;

/** A line as an edge forwards it. */
function line(sequence: number): string {
  const message = messageOf(sequence);
  return relayedLine(message, formatTrail(trailOf(message, `${NONCE}/central`)));
}

function messageOf(sequence: number, more: Partial<LogMessage> = {}): LogMessage {
  return {
    _id: encodeId(START + sequence, 3, sequence),
    received_at: new Date(START + sequence),
    timestamp: new Date(START),
    timestamp_offset: 60,
    ...{ facility: 4, severity: 6, level: 'info', hostname: `web${sequence % 7}`, appname: 'sshd' },
    message: `line ${sequence}`,
    source: { ip: '10.0.0.7', port: 51_413, transport: 'udp', listener: 'udp-at-edge' },
    ...{ stream: 'default', format: 'rfc3164', flags: ['year_guessed'] },
    ...more,
  } as LogMessage;
}

function configOf(folder: string, port: number, relays: string): string {
  const file = join(folder, 'cordwood.yaml');
  writeFileSync(file, `listen:\n  - {kind: relp, address: '127.0.0.1:${port}', ${relays}}\n`);
  return file;
}

const shown = (count: number): string => formatCount(count).replace(/\W/g, '.');

async function found(data: string): Promise<LogMessage[]> {
  const { stdout, code, stderr } = await cordwood(['search', '-S', 'all', '-n', 'all', '-o', 'json', '--data', data]);
  assert.equal(code, 0, stderr);
  return stdout.split('\n').flatMap((text) => (text === '' ? [] : [JSON.parse(text) as LogMessage]));
}

/** Sends lines from `from` on, and again from the first unacknowledged one whenever the connection breaks. */
async function sendAll(port: number, total: number, window: number): Promise<void> {
  let acknowledged = 0;
  await until(
    'all lines to be acknowledged',
    async () => {
      await using sender = await RelpSender.open(`127.0.0.1:${port}`).catch(() => null!);
      if (!sender) return false;
      const first = acknowledged;
      for (let next = first; next < total; next += window) {
        const lines = Array.from({ length: Math.min(window, total - next) }, (_, index) => line(next + index + 1));
        if (
          sender.socket.destroyed ||
          (await sender.send(lines).then(
            () => false,
            () => true,
          ))
        )
          break;
        await until('answers', () => sender.socket.destroyed || sender.answers.length === sender.sent).catch(() => {});
        acknowledged = first + Math.max(0, sender.answers.length - 1);
      }
      return acknowledged === total;
    },
    120_000,
  );
}

test(`lines of a relay are stored once, in order and as they were at the edge, through ${KILLS} kill -9 at the fault point relayed`, async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const port = await freePort();
  const config = configOf(folder.path, port, "relays: ['127.0.0.0/8'], max_frame: 68KiB");
  const total = 400 * KILLS;
  const sending = sendAll(port, total, 50);
  for (let kill = 0; kill < KILLS; kill++) {
    await using server = new Server({
      data,
      config,
      listen: [],
      env: { CORDWOOD_FAULT: `relayed:${300 + kill * 37}` },
    });
    await server.exited;
  }
  await using _server = await Server.start({ data, config, listen: [] });
  await sending;
  await until('the last line to be stored', async () => (await found(data)).length >= total);
  const all = await found(data);
  assert.deepEqual(
    all.map(({ message }) => message),
    Array.from({ length: total }, (_, index) => `line ${index + 1}`),
  );
  const last = all.at(-1);
  assert.deepEqual(last!.source, { ip: '10.0.0.7', port: 51_413, transport: 'udp', listener: 'udp-at-edge' });
  assert.deepEqual([last!.format, last!.flags], ['rfc3164', ['year_guessed']]);
  await using sender = await RelpSender.open(`127.0.0.1:${port}`);
  const visible = encodeId(START + total, 3, total);
  const counts = { waiting: 0, sent: total, lost: 0, cut: 0, dead: 0 };
  const beat = {
    from: `${NONCE}/central`,
    at: Date.now(),
    visible,
    last: visible,
    host: 'edge1',
    version: '1',
    ...counts,
  };
  await sender.send([beatLine(beat)]);
  await sender.answered();
  const nodes = async () => (await cordwood(['nodes', '--data', data])).stdout;
  const relay = new RegExp(`127\\.0\\.0\\.1 +central +edge1 +ok .* ${shown(total)} +${shown(total)} +\\d+ +0\n`);
  await until('the relay to be reported', async () => relay.test(await nodes()));
  const account = await cordwood(['account', '-S', 'all', '--verify', '--data', data]);
  assert.equal(account.code, 0, account.stdout + account.stderr);
  assert.match(account.stdout, /^relp0 /m);
  assert.match(
    account.stdout,
    new RegExp(`^127\\.0\\.0\\.1 +central +${shown(total)} +${shown(total)} +\\d+ +0$`, 'm'),
  );
  // A message that the relay counts as sent, and that never came.
  await sender.send([beatLine({ ...beat, sent: total + 1 })]);
  await sender.answered();
  const missing = async () => (await cordwood(['account', '-S', 'all', '--data', data])).stdout;
  await until('the missing message to be reported', async () =>
    /1 message that it had forwarded/.test(await missing()),
  );
  const searched = await cordwood(['count', '-S', 'all', 'sd."cordwood@32473".relay:127.0.0*', '--data', data]);
  assert.match(searched.stdout, new RegExp(`^${total}\\b`));
});

/** Longer than any flags, a frame that the listener still takes, and numbers of another origin. */
const LARGE = [
  ['flags', 'no_pri,'.repeat(9000)],
  ['raw', `${'A'.repeat(60_000)}=`],
  ['fields', '[["a",'.repeat(9000)],
] as const;

test(`${HOSTILE} hostile elements of a relay, and as many of a stranger, end no server, lose no line and move no mark of another relay`, async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const port = await freePort();
  const config = configOf(folder.path, port, "relays: ['127.0.0.1', '127.0.0.3'], max_frame: 68KiB");
  await using server = await Server.start({ data, config, listen: [] });
  const open = (address: string) => RelpSender.open(`127.0.0.1:${port}`, address);
  await using hostile = await open('127.0.0.1');
  await using stranger = await open('127.0.0.2');
  await using other = await open('127.0.0.3');
  const give = async (to: RelpSender, lines: readonly string[]) => {
    await to.send(lines.map((text) => Buffer.from(text).toString('latin1')));
    await to.answered();
  };
  await give(other, [line(7)]);
  const from = `${NONCE}/central`;
  const seed = Number(process.env['CORDWOOD_SEED'] ?? Date.now() % 1_000_000);
  let sequence = 10;
  let sent = 0;
  while (sent < HOSTILE) {
    const lines = fc
      .sample(fc.tuple(hostileChanges, fc.constantFrom(undefined, undefined, undefined, ...LARGE)), {
        numRuns: Math.min(100, Math.ceil((HOSTILE - sent) / 3)),
        seed: seed + sent,
      })
      .flatMap(([changes, large], index) => {
        const message = { _id: encodeId(START + sequence, 3, sequence++), message: 'hostile' };
        const base = messageOf(sequence, message);
        const all = large && index % 50 === 0 ? [...changes, large] : changes;
        return hostileElements(trailOf(base, from), all).map((elements) => relayedLine(base, elements));
      });
    await give(hostile, lines);
    await give(stranger, lines);
    sent += lines.length;
  }
  await give(other, [line(7), line(8)]);
  assert.ok(
    [...hostile.answers, ...stranger.answers].every((answer) => answer.startsWith('200')),
    `seed ${seed}`,
  );
  const decided = async () => {
    const { counters } = await server.stats();
    const dropped = ['again', 'loop', 'beats'].reduce((sum, name) => sum + counters[`relay.${name}`]!, 0);
    return { dropped, stored: counters['writer.messages']! };
  };
  await until('all to be decided', async () => {
    const { dropped, stored } = await decided();
    return dropped + stored >= 3 + 2 * sent;
  });
  const { stored } = await decided();
  const count = async (query: string) =>
    Number(/^\d+/.exec((await cordwood(['count', '-S', 'all', query, '--data', data])).stdout)?.[0]);
  assert.equal(await count('message:*'), stored, `seed ${seed}`);
  // Nothing of the stranger has another source than its own, or a relay.
  assert.equal(await count('source.ip:127.0.0.2'), sent);
  assert.equal(await count('source.ip:127.0.0.2 sd."cordwood@32473".relay:*'), 0);
  assert.equal(await count('sd."cordwood@32473".relay:127.0.0.3'), 2, 'the mark of the other relay is where it was');
  const account = await cordwood(['account', '-S', 'all', '--data', data]);
  assert.doesNotMatch(account.stdout, /127\.0\.0\.2/);
});
