import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** Lines a second that arrive while the backup is made. */
const RATE = Number(process.env['CORDWOOD_BACKUP'] ?? 4000);
const TICK_MS = 50;

/** Sends numbered lines at the rate, from 1 on, until it is stopped. @returns how to stop it, and how many it sent */
async function sendSteadily(server: Server): Promise<() => Promise<number>> {
  const sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
  const began = performance.now();
  let sent = 0;
  let stopped = false;
  const sending = (async () => {
    while (!stopped) {
      const due = Math.floor(((performance.now() - began) / 1000) * RATE);
      const lines = Array.from(
        { length: due - sent },
        (_, index) => `<14>1 - h${index % 7} app - - - n${sent + index + 1}`,
      );
      await sender.sendLines(lines);
      sent = due;
      await sleep(TICK_MS);
    }
    await sender.end();
  })();
  return async () => {
    stopped = true;
    await sending;
    return sent;
  };
}

/** The numbers of all lines in a data folder, in the order of arrival. */
async function numbersIn(data: string): Promise<number[]> {
  const { stdout, code, stderr } = await cordwood(['search', '-S', 'all', '-n', 'all', '-o', 'cat', '--data', data]);
  assert.equal(code, 0, stderr);
  return stdout.split('\n').flatMap((line) => (line.startsWith('n') ? Number(line.slice(1)) : []));
}

async function arrivalOf(data: string, number: number): Promise<number> {
  const { stdout } = await cordwood(['search', '-S', 'all', '-o', 'json', '--data', data, `n${number}`]);
  return Date.parse(JSON.parse(stdout.trim()).received_at);
}

async function backUp(data: string, to: string): Promise<number> {
  const { code, stdout, stderr } = await cordwood(['backup', to, '--data', data]);
  assert.equal(code, 0, stderr);
  return Date.parse(/^until +(\S+)$/m.exec(stdout)![1]!);
}

async function restore(from: string, data: string): Promise<void> {
  const { code, stderr } = await cordwood(['restore', from, '--data', data]);
  assert.equal(code, 0, stderr);
}

suite('backup and restore', () => {
  test('a backup of a server under load has every line up to the moment it names, none twice, and its account balances', async () => {
    using folder = temporaryFolder();
    const [data, made, again, restored] = ['data', 'made', 'again', 'restored'].map((name) => join(folder.path, name));
    await using server = await Server.start({ data: data! });
    const stop = await sendSteadily(server);
    await sleep(3000);
    const named = await backUp(data!, made!);
    await backUp(data!, again!);
    const sent = await stop();
    await until(
      'all lines to be stored',
      async () => (await server.stats()).counters['writer.messages'] === sent,
      60_000,
    );

    const searched = await numbersIn(made!);
    assert.ok(searched.length > RATE && searched.length < sent, `${searched.length} of ${sent} lines`);
    assert.deepEqual(
      searched,
      Array.from(searched, (_, index) => index + 1),
      'the first lines, each once, in order',
    );
    assert.equal(await arrivalOf(data!, searched.length), named, 'up to the moment that it names');
    assert.ok((await arrivalOf(data!, searched.length + 1)) >= named);

    await restore(made!, restored!);
    assert.deepEqual(await numbersIn(restored!), searched);
    const nonces = [data!, made!, restored!].map((one) => readFileSync(join(one, 'spool/nonce'), 'latin1'));
    assert.equal(nonces[0], nonces[1]);
    assert.notEqual(nonces[0], nonces[2], 'the spool has another name');
    await using second = await Server.start({ data: restored! });
    await second.send(['<14>1 - h app - - - n0']);
    await until('its first line', async () => (await numbersIn(restored!)).includes(0));
    const account = await cordwood(['account', '-S', '-1h', '--verify', '--data', restored!]);
    assert.match(account.stdout, /the account balances: every received message is accounted for/);
    assert.match(account.stdout, new RegExp(`^total +${(searched.length + 1).toLocaleString('en')} `, 'm'));
    const gap = await cordwood(['search', '-S', '-1h', '--data', restored!, 'n0']);
    assert.match(
      gap.stdout,
      /^-- .* was not running$/m,
      'the time between the backup and the restored server is a gap',
    );
    const whole = await numbersIn(again!);
    assert.deepEqual(
      whole,
      Array.from(whole, (_, index) => index + 1),
      'the second backup, too',
    );
    assert.ok(whole.length > searched.length);
  });

  test('what cannot be backed up or restored is refused with what to do, and nothing is left behind or changed', async () => {
    using folder = temporaryFolder();
    const at = (name: string) => join(folder.path, name);
    {
      await using server = await Server.start({ data: at('data') });
      await server.send(['<14>1 - h app - - - n1']);
      assert.equal(await server.kill('SIGTERM'), 0);
    }
    const run = (...args: string[]) => cordwood(args);
    const refused = async (args: readonly string[], reason: RegExp): Promise<void> => {
      const { code, stderr } = await run(...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, reason);
    };
    await refused(['backup', '--data', at('data')], /write backup DIR/);
    await refused(
      ['backup', at('data/inside'), '--data', at('data')],
      /it lies in the data folder; name a folder elsewhere/,
    );
    await refused(['backup', at('b'), '--data', at('nothing')], /it has no messages; name the data folder/);
    await refused(
      ['restore', at('data'), '--data', at('new')],
      /it has no backup\.json, which cordwood backup writes last/,
    );
    await backUp(at('data'), at('b'));
    await refused(['backup', at('b'), '--data', at('data')], /the folder is not empty; name a new folder/);
    await refused(
      ['restore', at('b'), '--data', at('data')],
      /the folder is not empty; stop its server and move it away/,
    );
    const mongo = at('mongo.yaml');
    writeFileSync(mongo, `store: {kind: mongodb, uri: 'mongodb://127.0.0.1:1/'}\ndata: ${at('data')}\n`);
    await refused(['backup', at('c'), '--config', mongo], /its messages are in MongoDB; back up the database by/);
    await refused(
      ['restore', at('b'), '--config', mongo, '--data', at('c')],
      /stores in MongoDB; restore the database by/,
    );
    assert.equal(existsSync(at('c')), false);

    // A backup of a stopped server is whole, too; its files are private.
    assert.deepEqual(await numbersIn(at('b')), [1]);
    for (const file of readdirSync(at('b'), { recursive: true, withFileTypes: true })) {
      const { mode } = statSync(join(file.parentPath, file.name));
      assert.equal(mode & 0o007, 0, `${file.name} is readable for all`);
    }
    writeFileSync(join(at('b'), 'backup.json'), '{"format": 9, "version": "9.9.9"}');
    const { code, stderr } = await run('restore', at('b'), '--data', at('new'));
    assert.deepEqual([code, /version 9\.9\.9 made it, which is newer/.test(stderr)], [4, true], stderr);
    assert.equal(existsSync(at('new')), false);

    // An error leaves nothing in the folder: the next backup can use it.
    mkdirSync(at('d'));
    const [part] = readdirSync(join(at('data'), 'store/default'));
    writeFileSync(
      join(at('data'), 'store/default', part!),
      Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(9000)]),
    );
    const broken = await run('backup', at('d'), '--data', at('data'));
    assert.equal(broken.code, 4);
    assert.match(broken.stderr, /cannot back up .*data to .*d: /);
    assert.deepEqual(readdirSync(at('d')), []);
    rmSync(at('d'), { recursive: true });
  });
});
