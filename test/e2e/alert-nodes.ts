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
/** The lease ends after 20 s, a tick waits 30 s for a dead node, and ticks are a minute apart. */
const PATIENCE_MS = 240_000;

type Pair = {
  readonly first: Server;
  readonly second: Server;
  readonly smtp: Smtp;
  start(name: string, options?: Partial<ServerOptions>): Promise<Server>;
  /** Sends a message to the second node. */
  send(text: string): Promise<void>;
  /** Message-IDs of the mails whose subject has a text. */
  idsOf(text: string): string[];
};
type Pairing = { readonly fault?: string; readonly onMail?: (taken: Taken, pair: Pair) => Promise<void> };

/** Two nodes on one database; the first judges, and may have a fault armed. */
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
    send: (text) => sender.write(`<11>1 - web1 kitchen - - - ${text}\n`),
    idsOf: (text) => smtp.mails.filter(({ mail }) => mail.subject!.includes(text)).map(({ mail }) => mail.messageId!),
  };
  await work(pair);
}

/** @param twice whether the mail server already had the mail when the first node died */
async function takenOver(
  { first, second, send, idsOf }: Pair,
  { context, twice }: { context: TestContext; twice: boolean },
): Promise<void> {
  await send('fire one');
  await first.exited;
  assert.equal(first.child.signalCode, 'SIGKILL', first.output);
  const died = performance.now();
  await until('the mail of the other node', () => idsOf('fire one').length > (twice ? 1 : 0), PATIENCE_MS);
  context.diagnostic(`the other node sent it ${((performance.now() - died) / 1000).toFixed(1)} s later`);
  if (WHOLE) {
    await send('fire two');
    await until('the next mail', () => idsOf('fire two').length > 0, PATIENCE_MS);
    assert.equal(idsOf('fire two').length, 1);
  }
  assert.equal(new Set(idsOf('fire one')).size, 1, 'one Message-ID');
  assert.equal(idsOf('fire one').length, twice ? 2 : 1);
  assert.equal(await second.kill('SIGTERM'), 0, second.output);
}

/**
 * Whether to try every fault point, and what follows; else only one, until the mail has come again.
 */
const WHOLE = process.env['CORDWOOD_TAKEOVER'] === 'all';
const POINTS = ['judged:1', 'noted:1', 'posted:1', 'sending:1', 'sent:1'];
const CHOSEN = WHOLE ? POINTS : [];

/**
 * Of two nodes on one MongoDB, one sends each notice, whatever happens to it. The tests wait for
 * the same ticks.
 */
export function nodesInTrouble(): void {
  let mongod: Promise<TestServer> | undefined;
  let left = CHOSEN.length + (WHOLE ? 3 : 1);
  const on = (name: string, work: (mongod: TestServer, context: TestContext) => Promise<void>) =>
    test(`two nodes on one MongoDB: ${name}`, { skip }, async (context) => {
      mongod ??= startMongod();
      try {
        await work(await mongod, context);
      } finally {
        if (--left === 0) await (await mongod)[Symbol.asyncDispose]();
      }
    });

  for (const fault of CHOSEN) {
    on(`the other one sends the mail if the judging one is killed at ${fault}`, (server, context) =>
      withPair(server, { fault }, (pair) => takenOver(pair, { context, twice: fault === 'sent:1' })),
    );
  }

  on(
    'the mail is sent again with the same id if the judging one is killed before the mail server answers',
    (server, context) => {
      const onMail = async (_: Taken, { first }: Pair) => void (await first.kill('SIGKILL'));
      return withPair(server, { onMail }, (pair) => takenOver(pair, { context, twice: true }));
    },
  );

  if (!WHOLE) return;
  on('one that is stopped during sending for longer than its lease sends nothing twice', (server) => {
    const { promise: mailsSent, resolve: markSent } = Promise.withResolvers<void>();
    let stopped = false;
    const onMail = async (_: Taken, { first }: Pair): Promise<void> => {
      if (stopped) return;
      stopped = true;
      first.child.kill('SIGSTOP');
      // A stopped node reads the answer when it continues.
      await mailsSent;
    };
    return withPair(server, { onMail }, async ({ first, second, send, idsOf }) => {
      await send('fire one');
      await until('the mail of the other node', () => idsOf('fire one').length > 0, PATIENCE_MS);
      await send('fire two');
      await until('its next mail', () => idsOf('fire two').length > 0, PATIENCE_MS);
      markSent();
      first.child.kill('SIGCONT');
      await send('fire three');
      await until('the mail after that', () => idsOf('fire three').length > 0, PATIENCE_MS);
      assert.equal(new Set(idsOf('fire one')).size, 1, 'one Message-ID');
      assert.equal(idsOf('fire two').length, 1);
      assert.equal(idsOf('fire three').length, 1);
      for (const node of [first, second]) assert.equal(await node.kill('SIGTERM'), 0, node.output);
    });
  });

  on('messages that one had on disk when it died are reported once, as late, after its return', (server) =>
    withPair(server, {}, async ({ start, second, smtp, send, idsOf }) => {
      const data = 'third';
      {
        const { promise: durable, resolve } = Promise.withResolvers<string>();
        await using third = await start(data, { onLine: resolve });
        await using sender = await TcpSender.connect(`127.0.0.1:${await third.port('tcp0')}`);
        await sender.write('<11>1 - web3 kitchen - - - fire three\n');
        await durable;
        await third.kill('SIGKILL');
      }
      await send('fire one');
      await until('a mail of a later tick', () => idsOf('fire one').length > 0, PATIENCE_MS);
      await send('fire two');
      await until('a mail of the next tick', () => idsOf('fire two').length > 0, PATIENCE_MS);
      assert.equal(idsOf('fire three').length, 0);
      await using third = await start(data);
      await until('the late mail', () => idsOf('fire three').length > 0, PATIENCE_MS);
      await send('fire four');
      await until('a mail after it', () => idsOf('fire four').length > 0, PATIENCE_MS);
      const { mail } = smtp.mails.find((one) => one.mail.subject!.includes('fire three'))!;
      assert.equal(mail.subject, '[LATE warning x1] web3 kitchen: fire three (rule fires)');
      assert.match(mail.text!, /^FIRED from .* found only now - 1 match/);
      for (const text of ['one', 'two', 'three', 'four']) assert.equal(idsOf(`fire ${text}`).length, 1, text);
      for (const node of [second, third]) assert.equal(await node.kill('SIGTERM'), 0, node.output);
    }),
  );
}
