import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { mongoConfig } from '../support/mongo-config.ts';
import { needsMongod, startMongod, type TestServer } from '../support/mongod.ts';
import { TcpSender } from '../support/senders.ts';
import { Server, type ServerOptions } from '../support/server.ts';
import { Smtp, type Taken } from '../support/smtp.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const skip = await needsMongod();
/** Whoever judges loses the right to after 20 s, a tick waits for a dead node for 30 s, and minutes begin when they do. */
const PATIENCE_MS = 240_000;

type Pair = {
  readonly first: Server;
  readonly second: Server;
  readonly smtp: Smtp;
  start(name: string, options?: Partial<ServerOptions>): Promise<Server>;
  /** A line that the second node takes. */
  say(text: string): Promise<void>;
  /** Message-IDs of the mails that are about a text. */
  idsOf(text: string): string[];
};
type Pairing = { readonly fault?: string; readonly onMail?: (taken: Taken, pair: Pair) => Promise<void> };

/** Two nodes on one database; the first, which a fault may be armed in, judges. */
async function withPair(
  mongod: TestServer,
  { fault, onMail }: Pairing,
  work: (pair: Pair) => Promise<void>,
): Promise<void> {
  using folder = temporaryFolder();
  let pair: Pair | undefined;
  await using smtp = await Smtp.start({ onMail: async (taken) => await onMail?.(taken, pair!) });
  const config = mongoConfig(folder.path, { uri: mongod.uri, database: mongod.database() });
  appendFileSync(
    config,
    `alerts: [{name: fires, kind: match, query: 'fire', schedule: '* * * * *', window: 5m, to: [ops@example.org]}]
mail: {from: logs@example.org, smtp: 'smtp://127.0.0.1:${smtp.port}'}
`,
  );
  const start = (name: string, options: Partial<ServerOptions> = {}) =>
    Server.start({ data: join(folder.path, name), config, ...options });
  await using first = await start('first', fault === undefined ? {} : { env: { CORDWOOD_FAULT: fault } });
  await using second = await start('second');
  await using sender = await TcpSender.connect(`127.0.0.1:${await second.port('tcp0')}`);
  pair = {
    first,
    second,
    smtp,
    start,
    say: (text) => sender.write(`<11>1 - web1 kitchen - - - ${text}\n`),
    idsOf: (text) => smtp.mails.filter(({ mail }) => mail.subject!.includes(text)).map(({ mail }) => mail.messageId!),
  };
  await work(pair);
}

/** @param twice whether the mail server had the mail already when the first node died */
async function takenOver(
  { first, second, say, idsOf }: Pair,
  { context, twice }: { context: TestContext; twice: boolean },
): Promise<void> {
  await say('fire one');
  await first.exited;
  assert.equal(first.child.signalCode, 'SIGKILL', first.output);
  const died = performance.now();
  await until('the mail of the other node', () => idsOf('fire one').length > (twice ? 1 : 0), PATIENCE_MS);
  context.diagnostic(`the other node told of it ${((performance.now() - died) / 1000).toFixed(1)} s later`);
  if (WHOLE) {
    await say('fire two');
    await until('the next mail', () => idsOf('fire two').length > 0, PATIENCE_MS);
    assert.equal(idsOf('fire two').length, 1);
  }
  assert.equal(new Set(idsOf('fire one')).size, 1, 'one Message-ID');
  assert.equal(idsOf('fire one').length, twice ? 2 : 1);
  assert.equal(await second.kill('SIGTERM'), 0, second.output);
}

/** Every point, and what comes after; else one point, until the mail has come again. */
const WHOLE = process.env['CORDWOOD_TAKEOVER'] === 'all';
const POINTS = ['judged:1', 'noted:1', 'posted:1', 'sending:1', 'sent:1'];
const CHOSEN = WHOLE ? POINTS : [];

/** Of two nodes on one MongoDB one tells, whatever happens to it: tests that wait for the same minutes. */
export function nodesInTrouble(): void {
  let mongod: Promise<TestServer> | undefined;
  let left = CHOSEN.length + (WHOLE ? 3 : 1);
  const on = (name: string, work: (mongod: TestServer, context: TestContext) => Promise<void>) =>
    test(`of two nodes on one MongoDB, ${name}`, { skip }, async (context) => {
      mongod ??= startMongod();
      try {
        await work(await mongod, context);
      } finally {
        if (--left === 0) await (await mongod)[Symbol.asyncDispose]();
      }
    });

  for (const fault of CHOSEN) {
    on(`the one that judges is killed at ${fault}`, (server, context) =>
      withPair(server, { fault }, (pair) => takenOver(pair, { context, twice: fault === 'sent:1' })),
    );
  }

  on('the one that judges is killed while the mail server has the mail and has not said so', (server, context) => {
    const onMail = async (_: Taken, { first }: Pair) => void (await first.kill('SIGKILL'));
    return withPair(server, { onMail }, (pair) => takenOver(pair, { context, twice: true }));
  });

  if (!WHOLE) return;
  on('one that is stopped in mid-send for longer than its turn lasts goes on without telling twice', (server) => {
    const { promise: isTold, resolve: told } = Promise.withResolvers<void>();
    let stopped = false;
    const onMail = async (_: Taken, { first }: Pair): Promise<void> => {
      if (stopped) return;
      stopped = true;
      first.child.kill('SIGSTOP');
      // What is answered to a node that is stopped, it reads when it goes on.
      await isTold;
    };
    return withPair(server, { onMail }, async ({ first, second, say, idsOf }) => {
      await say('fire one');
      await until('the mail of the other node', () => idsOf('fire one').length > 0, PATIENCE_MS);
      await say('fire two');
      await until('its next mail', () => idsOf('fire two').length > 0, PATIENCE_MS);
      told();
      first.child.kill('SIGCONT');
      await say('fire three');
      await until('the mail after that', () => idsOf('fire three').length > 0, PATIENCE_MS);
      assert.equal(new Set(idsOf('fire one')).size, 1, 'one Message-ID');
      assert.equal(idsOf('fire two').length, 1);
      assert.equal(idsOf('fire three').length, 1);
      for (const node of [first, second]) assert.equal(await node.kill('SIGTERM'), 0, node.output);
    });
  });

  on('what one had on disk when it died is told once, as late, when it is back', (server) =>
    withPair(server, {}, async ({ start, second, smtp, say, idsOf }) => {
      const data = 'third';
      {
        const { promise: durable, resolve } = Promise.withResolvers<string>();
        await using third = await start(data, { onLine: resolve });
        await using sender = await TcpSender.connect(`127.0.0.1:${await third.port('tcp0')}`);
        await sender.write('<11>1 - web3 kitchen - - - fire three\n');
        await durable;
        await third.kill('SIGKILL');
      }
      await say('fire one');
      await until('a mail of a later tick', () => idsOf('fire one').length > 0, PATIENCE_MS);
      await say('fire two');
      await until('a mail of the next tick', () => idsOf('fire two').length > 0, PATIENCE_MS);
      assert.equal(idsOf('fire three').length, 0);
      await using third = await start(data);
      await until('the late mail', () => idsOf('fire three').length > 0, PATIENCE_MS);
      await say('fire four');
      await until('a mail after it', () => idsOf('fire four').length > 0, PATIENCE_MS);
      const { mail } = smtp.mails.find((one) => one.mail.subject!.includes('fire three'))!;
      assert.equal(mail.subject, '[LATE warning x1] web3 kitchen: fire three (rule fires)');
      assert.match(mail.text!, /^FIRED .* known only now - 1 match/);
      for (const text of ['one', 'two', 'three', 'four']) assert.equal(idsOf(`fire ${text}`).length, 1, text);
      for (const node of [second, third]) assert.equal(await node.kill('SIGTERM'), 0, node.output);
    }),
  );
}
