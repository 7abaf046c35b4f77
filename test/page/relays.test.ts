import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeId } from '../../src/model/id.ts';
import type { LogMessage } from '../../src/model/message.ts';
import { beatLine, formatTrail, relayedLine, trailOf } from '../../src/relay/index.ts';
import { needs } from '../support/require.ts';
import { text } from './screen-steps.ts';
import { CONFIG, PageWorld } from './world.ts';

const FROM = '5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c/central';

test('the account shows what relays have sent, and what of it is missing', { skip: needs('chromium') }, async () => {
  const config = CONFIG.replace("'127.0.0.1:0'}]", "'127.0.0.1:0', relays: [127.0.0.1]}]");
  await using world = await PageWorld.start({ config });
  const now = Date.now();
  const id = (sequence: number) => encodeId(now, 3, sequence);
  const stored = {
    ...{ _id: id(1), received_at: new Date(now), timestamp: new Date(now), facility: 4, severity: 6, level: 'info' },
    ...{ hostname: 'web1', message: 'from afar', stream: 'default', format: 'rfc3164', flags: [] },
    source: { ip: '10.0.0.7', port: 514, transport: 'udp', listener: 'udp0' },
  } satisfies LogMessage;
  const beat = { from: FROM, at: now, waiting: 0, lost: 0, cut: 0, dead: 0, host: 'edge1', version: '1' };
  await world.server.send([
    beatLine({ ...beat, visible: id(1), sent: 0 }),
    relayedLine(stored, formatTrail(trailOf(stored, FROM))),
    beatLine({ ...beat, visible: id(5), last: id(5), sent: 5 }),
  ]);
  const page = await world.openScreen('/account?from=all');
  await page.until('document.querySelector(\'[aria-label="By relay"] tbody .bad\') !== null');
  assert.match(await text(page, '[aria-label="By relay"] tbody'), /127\.0\.0\.1\s*central\s*5\s*1\s*0\s*4/);
});
