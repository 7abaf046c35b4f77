import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { freePort } from '../support/ports.ts';
import { needsModules } from '../support/require.ts';
import { Rsyslogd } from '../support/rsyslogd.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const MESSAGES = Number(process.env['CORDWOOD_RELP'] ?? 10_000);
/** Stopped in order, everything read is answered first; killed, up to a window of each connection is not. */
const WAYS = [
  { signal: 'SIGKILL', times: 5, messages: MESSAGES },
  { signal: 'SIGTERM', times: 2, messages: MESSAGES / 4 },
] as const;
const CONNECTIONS = 4;
/** omrelp's default. */
const WINDOW = 128;

const skip = needsModules('omrelp');

/** An agent with as many inputs as connections, each a queue and a RELP session of its own. */
function agentConfig(inputs: readonly number[], target: number): string {
  const one = (input: number) => `
    input(type="imtcp" port="${input}" address="127.0.0.1" ruleset="r${input}")
    ruleset(name="r${input}") {
      action(type="omrelp" target="127.0.0.1" port="${target}" template="RSYSLOG_SyslogProtocol23Format"
             queue.type="LinkedList" queue.size="1000000" queue.timeoutEnqueue="60000"
             action.resumeRetryCount="-1" action.resumeInterval="1")
    }`;
  return `module(load="imtcp") module(load="omrelp")\n${inputs.map(one).join('\n')}`;
}

/** A server, and how many messages are on disk since it was started. */
async function serve(data: string, port: number): Promise<{ server: Server; taken: () => number }> {
  const byPeer = new Map<string, number>();
  const onLine = (line: string) => {
    const { peer, frames } = JSON.parse(line) as { peer: string; frames: number };
    byPeer.set(peer, frames);
  };
  const server = await Server.start({ data, listen: [`relp://127.0.0.1:${port}`], onLine });
  return { server, taken: () => [...byPeer.values()].reduce((sum, each) => sum + each, 0) };
}

type Found = { copies: number; flagged: number };

/** How often each line is found, and how often flagged. */
async function found(data: string): Promise<Map<string, Found>> {
  const search = ['search', '-S', 'all', '-n', 'all', '-o', 'csv', '--fields', 'procid,message,flags', '--data', data];
  const { stdout, stderr, code } = await cordwood(search);
  assert.equal(code, 0, stderr);
  const all = new Map<string, Found>();
  for (const [, line, flags] of stdout.matchAll(/^(\d+, ?number \d+),(.*?)\r?$/gm)) {
    const one = all.get(line!) ?? { copies: 0, flagged: 0 };
    one.copies++;
    if (flags!.includes('possible_duplicate')) one.flagged++;
    all.set(line!, one);
  }
  return all;
}

for (const { signal, times, messages } of WAYS) {
  test(`rsyslogd sends ${messages} messages by RELP through ${times} ${signal}: none is lost, and what is there twice is flagged`, {
    skip,
  }, async (t) => {
    using folder = temporaryFolder();
    const data = `${folder.path}/data`;
    const target = await freePort();
    const inputs = await Promise.all(Array.from({ length: CONNECTIONS }, () => freePort()));
    // What rsyslogd finds nobody for when it starts, it sends twice by itself.
    let { server, taken } = await serve(data, target);
    await using ended = new AsyncDisposableStack();
    ended.defer(() => server[Symbol.asyncDispose]());
    await using _agent = await Rsyslogd.start(folder.path, inputs[0]!, agentConfig(inputs, target));
    const each = messages / CONNECTIONS;
    const feeding = inputs.map(async (input, index) => {
      const socket = connect(input, '127.0.0.1');
      const lines = Array.from(
        { length: each },
        (_, number) => `<13>Nov 22 16:20:01 web1 app[${index}]: number ${number}\n`,
      );
      socket.end(lines.join(''));
      await once(socket, 'close');
    });
    const count = async (query: string) =>
      Number((await cordwood(['count', query, '-S', 'all', '-q', '--data', data])).stdout);
    for (let kill = 0; kill < times; kill++) {
      const enough = ((0.3 + Math.random()) * messages) / (times + 2);
      // A server that stops in order reads on until its agents are silent: that may be all there is.
      const isEnough = async () => taken() >= enough || (await count('*')) >= messages;
      await until(`${enough} messages`, isEnough, 60_000);
      await server.kill(signal);
      ({ server, taken } = await serve(data, target));
    }
    await Promise.all(feeding);
    await until('all messages', async () => (await count('NOT flags:possible_duplicate')) >= messages, 180_000);
    let before = -1;
    await until('no more to come', async () => {
      const last = before;
      before = await count('*');
      return before === last;
    });

    const all = await found(data);
    let [twice, flagged, wrong] = [0, 0, 0];
    for (const { copies, flagged: flags } of all.values()) {
      twice += copies - 1;
      flagged += flags;
      if (flags !== copies - 1) wrong++;
    }
    t.diagnostic(`${all.size} of ${messages} messages, ${twice} twice, ${flagged} flagged, ${wrong} flagged wrongly`);
    assert.equal(all.size, messages, 'none is lost');
    assert.ok(twice <= times * CONNECTIONS * WINDOW, `${twice} are there twice`);
    assert.equal(wrong, 0, 'all but one copy of each line are flagged');
    assert.equal(await server.kill('SIGTERM'), 0, server.output);
  });
}
