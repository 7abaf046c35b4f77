import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sendTail } from '../../src/api/tail/send.ts';
import type { Answer } from '../../src/ask/contract.ts';
import { message } from '../cli/fake.ts';
import { EventStream } from '../support/event-stream.ts';
import { until } from '../support/until.ts';

const TEXT = 'x'.repeat(1000);
/** What the sockets of both sides and the writer hold at most, bytes. */
const MOST_HELD = 16 << 20;

/** A store that always has one more message. */
class Endless {
  pulled = 0;
  ended = false;

  async *rows(signal: AbortSignal): Answer<'search'> {
    try {
      while (!signal.aborted) {
        this.pulled++;
        yield message({ message: `${this.pulled} ${TEXT}` });
        // Others get their turn, as with a store.
        if (this.pulled % 200 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      return {};
    } finally {
      this.ended = true;
    }
  }
}

test('a client that stops reading stops the search, holds bounded memory, and loses nothing when it reads again', async () => {
  const endless = new Endless();
  const ended = new AbortController();
  const server = createServer((_, response) => {
    const rows = endless.rows(ended.signal);
    void sendTail(rows, response, { ended: ended.signal, visible: () => [] });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const stream = await EventStream.open((server.address() as AddressInfo).port, '/');
  stream.response.pause();
  const stopped = await until('the search to stop', async () => {
    const before = endless.pulled;
    await sleep(500);
    return endless.pulled === before && before > 0 && before;
  });
  assert.ok(stopped * TEXT.length < MOST_HELD, `${stopped} messages`);

  let next = 1;
  for await (const { event, data } of stream.events()) {
    if (event !== 'lines') continue;
    for (const { message: text } of data as { message: string }[]) {
      assert.equal(Number.parseInt(text, 10), next);
      next++;
    }
    if (next > stopped * 2) break;
  }
  stream[Symbol.dispose]();
  await until('the search to end with its client', () => endless.ended);
  ended.abort();
  server.close();
});
