import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSettings, type Settings } from '../../src/config/index.ts';
import { openIngest } from '../../src/ingest/index.ts';
import { openMemoryStore } from '../../src/store/index.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { entryOf, NODE, older, peer, Recorder, readBatches, spoolIn } from './support.ts';

/** Noon in the zone of the line, which carries none. */
const NOON = '<13>Nov 22 12:00:00 host app[1]: noon';

async function settingsOf(given: Partial<Pick<Settings, 'zone'>>): Promise<Settings> {
  return { ...(await loadSettings({ listen: ['tcp://127.0.0.1:0'] }, {}, '/nowhere')), ...given };
}

function storeOf() {
  return openMemoryStore({ now: () => Date.UTC(2026, 10, 22, 16, 20), streams: [] }).reader;
}

test('openIngest reads messages beyond *safe* with the zones of the settings', async () => {
  using folder = temporaryFolder();
  await spoolIn(folder.path, (spool) => {
    void spool.append(entryOf(spool.openSession(peer('tcp0')), [older('safe'), NOON, older('last')]));
  });
  using opened = await openIngest({
    settings: await settingsOf({ zone: 'Asia/Tokyo' }),
    folder: folder.path,
    store: storeOf(),
    node: NODE,
    safe: { receivedAt: 1, node: NODE, sequence: 1 },
    account: new Recorder(),
  });
  const messages = readBatches(opened.ingest).flat();
  assert.deepEqual(
    messages.map(({ message }) => message),
    ['noon', 'last'],
  );
  assert.equal(messages[0]!.timestamp.toISOString(), '2026-11-22T03:00:00.000Z');
  assert.equal(Number.parseInt(messages[0]!._id.slice(12, 16), 16), NODE);
  assert.equal(opened.alreadyStored, 0);
});

test('reconfigure changes the zones of the frames that follow', async () => {
  using folder = temporaryFolder();
  const account = new Recorder();
  await spoolIn(
    folder.path,
    (spool) => void spool.append(entryOf(spool.openSession(peer('tcp0')), [NOON, NOON, NOON])),
  );
  using opened = await openIngest({
    settings: await settingsOf({ zone: 'UTC' }),
    folder: folder.path,
    store: storeOf(),
    node: NODE,
    safe: undefined,
    account,
    hostZones: new Map([['other', 'Asia/Tokyo']]),
    batchSize: [1, 3 << 20],
  });
  const hours: number[] = [];
  const read = (): void => {
    opened.ingest.fill();
    hours.push(opened.ingest.batch.message(0).timestamp.getUTCHours());
    opened.ingest.next();
  };
  read();
  opened.reconfigure({ settings: await settingsOf({ zone: '+02:00' }) });
  read();
  opened.reconfigure({ hostZones: new Map([['host', 'Asia/Tokyo']]) });
  read();
  assert.deepEqual(hours, [12, 10, 3]);
});
