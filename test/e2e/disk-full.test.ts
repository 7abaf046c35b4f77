import assert from 'node:assert/strict';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { RelpSender } from '../support/relp.ts';
import { TcpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { cannotMount, tmpfs } from '../support/tmpfs.ts';
import { until } from '../support/until.ts';

const DISK = 24 << 20;
const LINE = 16 << 10;
/** Somewhat more than the disk holds beside its filler. */
const LINES = 1000;

function* numbered(): Generator<string> {
  const rest = 'x'.repeat(LINE - 64);
  for (let number = 0; number < LINES; number++) yield `<13>1 - h bulk - - - number ${number} ${rest}`;
}

/** Takes the room that is left, until the server says so: a server that keeps up with its senders frees room as it works. */
async function untilFull(server: Server, filler: string): Promise<void> {
  await until('the disk to be full', () => {
    fill(filler);
    return server.output.includes('cannot write to the spool');
  });
}

/** Appends to a file until the disk is full. */
function fill(path: string): void {
  const piece = Buffer.alloc(64 << 10);
  try {
    for (;;) appendFileSync(path, piece);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  }
}

test('on a full disk the server lives, says so, and goes on by itself', { skip: cannotMount() }, async () => {
  using disk = tmpfs(DISK);
  const filler = join(disk.path, 'filler');
  writeFileSync(filler, Buffer.alloc(DISK / 2));
  const data = join(disk.path, 'data');
  await using server = await Server.start({ data, listen: ['tcp://127.0.0.1:0'] });
  await using tcp = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
  const count = async () => Number((await cordwood(['count', '-S', 'all', '-q', '--data', data])).stdout);

  const sending = tcp.sendLines(numbered());
  sending.catch(() => {});
  await untilFull(server, filler);
  await until('that to be known', async () => !(await server.health()));
  assert.ok((await count()) < LINES, 'questions are answered, with what there is');
  assert.match(
    server.output,
    /cannot write to the spool in .*(ENOSPC|the disk is full).*no messages are accepted until it works again; free disk space/,
  );

  rmSync(filler);
  await sending;
  await until('all lines to be stored', async () => (await count()) === LINES);
  await until('the server to be ready again', () => server.health());
  assert.match(server.output, /spool writable again/);
  assert.equal(await server.kill('SIGTERM'), 0, server.output);
});

test('a server stops in order though the disk is full, and goes on where it was', { skip: cannotMount() }, async () => {
  using disk = tmpfs(DISK);
  const filler = join(disk.path, 'filler');
  const data = join(disk.path, 'data');
  let durable = 0;
  const onLine = (line: string) => {
    durable = JSON.parse(line).frames;
  };
  await using server = await Server.start({ data, listen: ['tcp://127.0.0.1:0'], onLine });
  await using tcp = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
  writeFileSync(filler, Buffer.alloc(DISK / 2));
  tcp.sendLines(numbered()).catch(() => {});
  await until('the first lines to be on disk', () => durable > 0);
  await untilFull(server, filler);
  assert.equal(await server.kill('SIGTERM'), 0, server.output);

  rmSync(filler);
  await using next = await Server.start({ data, listen: ['tcp://127.0.0.1:0'] });
  const search = ['search', '-S', 'all', '-n', 'all', '-o', 'json', '--data', data];
  const { stdout } = await cordwood(search);
  const numbers = stdout
    .matchAll(/"message":"number (\d+) /g)
    .map(([, number]) => Number(number))
    .toArray();
  assert.ok(numbers.length > 0 && numbers.length < LINES, `${numbers.length} lines were stored`);
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => index),
  );
  assert.equal(await next.kill('SIGTERM'), 0, next.output);
});

test('on a full disk RELP answers nothing, and all once there is room', { skip: cannotMount() }, async () => {
  using disk = tmpfs(DISK);
  const filler = join(disk.path, 'filler');
  writeFileSync(filler, Buffer.alloc(DISK / 2));
  const data = join(disk.path, 'data');
  let durable = 0;
  const onLine = (line: string) => {
    durable = JSON.parse(line).frames;
  };
  await using server = await Server.start({ data, listen: ['relp://127.0.0.1:0'], onLine });
  await using relp = await RelpSender.open(`127.0.0.1:${await server.port('relp0')}`);
  const sending = relp.send([...numbered()]);
  sending.catch(() => {});
  await untilFull(server, filler);
  await until('that to be known', async () => !(await server.health()));
  const answered = relp.answers.length - 1;
  assert.ok(answered <= durable && durable < LINES, `${answered} are answered, ${durable} on disk`);
  assert.equal(relp.socket.readableEnded, false);

  rmSync(filler);
  await sending;
  await relp.answered();
  assert.ok(relp.answers.every((answer) => answer.startsWith('200 OK')));
  const count = async () => Number((await cordwood(['count', '-S', 'all', '-q', '--data', data])).stdout);
  await until('all lines to be stored', async () => (await count()) === LINES);
  assert.equal(await server.kill('SIGTERM'), 0, server.output);
});
