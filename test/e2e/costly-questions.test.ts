import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { usageOf } from '../bench/usage.ts';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** Lines of 60 KB: some with thousands of different names, the others without any break. */
const LINES = Number(process.env['CORDWOOD_COSTLY'] ?? 200);
const NAMES = 4000;
/** Bytes that a question may take beyond what the server had before it. */
const MORE = 150e6;

const parts = new AsyncDisposableStack();
let server: Server;

before(async () => {
  server = parts.use(await Server.start({ data: parts.use(temporaryFolder()).path }));
  await server.send(
    Array.from({ length: LINES }, (_, n) =>
      n % 2 === 0 ? namesLine(n) : `<14>1 - h a - - - ${n} ${'a'.repeat(60_000)}`,
    ),
  );
  await until('all to be stored', async () => (await server.stats()).counters['writer.messages']! >= LINES, 120_000);
});
after(() => parts.disposeAsync());

function namesLine(n: number): string {
  const names = Array.from({ length: NAMES }, (_, m) => `n${n}x${m}="v"`);
  return `<14>1 - h a - - [x@1 ${names.join(' ')}] ${n}`;
}

const ORS = Array.from({ length: 900 }, (_, n) => `message:a${n}a`).join(' OR ');

for (const [what, question, params, answers] of [
  ['names of all fields', 'fields', {}, /"name":"fields|"name":"sd|"_end"/],
  ['a pattern', 'count', { query: '/(a|b)+c/' }, /"count":0/],
  ['hundreds of terms', 'count', { query: ORS }, /"count":0/],
  ['a long text', 'count', { query: `"${'a'.repeat(999)}b"` }, /"count":0/],
  ['values of 60 KB', 'top', { fields: ['message'] }, /"_end"|too many|characters/],
] as const) {
  test(`health answers while a question about ${what} is answered, in bounded memory`, async (context) => {
    let isRunning = true;
    const { memory } = usageOf(server.child.pid!);
    const answer = server.ask(question, { since: 'all', ...params }).finally(() => {
      isRunning = false;
    });
    let meanwhile = 0;
    let slowest = 0;
    do {
      const began = performance.now();
      assert.equal((await server.get('/health/live')).status, 200);
      slowest = Math.max(slowest, performance.now() - began);
      if (isRunning) meanwhile++;
    } while (isRunning);
    assert.match(await answer, answers);
    const { peak } = usageOf(server.child.pid!);
    context.diagnostic(
      `${meanwhile} times, after ${slowest.toFixed(0)} ms at most; peak ${((peak - memory) / 1e6).toFixed(0)} MB more`,
    );
    assert.ok(meanwhile > 0, 'health waited for the answer');
    assert.ok(peak - memory < MORE, `it took ${peak - memory} bytes more`);
  });
}
