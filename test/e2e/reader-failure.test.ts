import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TcpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

test('a reader that fails is started again, listeners go on meanwhile, and health says so', async () => {
  using folder = temporaryFolder();
  await using server = await Server.start({ data: folder.path, env: { CORDWOOD_FAULT: 'question:9' } });
  await server.send(['<13>1 - web1 app - - - before']);
  const port = await server.port('tcp0');
  const failed = async (): Promise<boolean> => {
    await server.ask('count', {}).catch(() => '');
    return server.output.includes('the reader thread failed');
  };
  await until('the failure', failed, 60_000);
  assert.equal(server.child.exitCode, null);
  await sendTo(port, '<13>1 - web1 app - - - meanwhile');
  await until('answers', async () => (await server.health().catch(() => false)) === true, 60_000);
  const { body } = await server.get('/health/ready');
  assert.match(body, /"degraded":\["questions and alerts were interrupted at [^"]+: the reader thread failed/);
  const counted = async () => (await cordwood(['count', '-S', 'all', '--data', folder.path])).stdout.trim() === '2';
  await until('both lines', counted, 60_000);
  assert.equal(await server.kill('SIGTERM'), 0);
});

async function sendTo(port: number, line: string): Promise<void> {
  await using sender = await TcpSender.connect(`127.0.0.1:${port}`);
  await sender.write(`${line}\n`);
  await sender.end();
}
