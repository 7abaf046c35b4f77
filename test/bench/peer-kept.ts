import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Server } from '../support/server.ts';
import { until } from '../support/until.ts';
import { clientOf, countOf } from './asking.ts';
import { DAY, fillCorpus } from './corpus.ts';
import { spoolDay } from './day.ts';
import { bytesIn } from './ingest.ts';
import { askBoth, BENCH_TEXTS, peerQuestions, REAL_TEXTS } from './peer-questions.ts';
import { REAL_PROGRAMS } from './real-templates.ts';
import { send } from './send.ts';
import { say } from './table.ts';
import { startVictoriaLogs, type VictoriaLogs } from './victorialogs.ts';

/*
 * The questions of `peer.ts` about a day of lines whose blocks are merged, to Cordwood, VictoriaLogs and rg, as often as
 * wanted: `node test/bench/peer-kept.ts --keep FOLDER [--lines 2000000] [--real] [--only phrase]`. The first run fills the
 * folder, which stays; the next ones only ask.
 */

const DEADLINE_MS = 240_000;
const LOOK_MS = 500;
/** Merging has ended once nothing has changed for so long. */
const CALM_MS = 25_000;

const { values } = parseArgs({
  options: {
    keep: { type: 'string' },
    lines: { type: 'string', default: '2000000' },
    real: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    profile: { type: 'string' },
  },
});
if (!values.keep) throw new Error('--keep FOLDER is missing');
const folder = join(values.keep, values.real ? 'real' : 'bench');
const file = join(folder, 'corpus.log');
const startFile = join(folder, 'start');
const calmFile = join(folder, 'calm');
const lines = Number(values.lines);

if (!existsSync(startFile)) await fill();
const start = Number(readFileSync(startFile, 'utf8'));
const execArgv = values.profile ? ['--cpu-prof', '--cpu-prof-dir', values.profile] : [];
await using _server = await Server.start({ data: join(folder, 'cordwood'), listen: [], execArgv });
await until('the lines to be stored', async () => (await storedLines()) >= lines, DEADLINE_MS);
if (!existsSync(calmFile)) await calm(join(folder, 'cordwood', 'store'));
await using peer = await startVictoriaLogs(join(folder, 'victorialogs'));
if (peer && (await linesOf(peer)) < lines) await fillPeer(peer);
writeFileSync(calmFile, '');
await using client = await clientOf(join(folder, 'cordwood'));
for (const question of peerQuestions(values.real ? REAL_TEXTS : BENCH_TEXTS)) {
  if (question.name.includes(values.only)) await askBoth(question, { client, peer, since: start, file });
}

async function fill(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const end = Math.floor(Date.now() / 1000) * 1000;
  const from = end - DAY;
  const corpus = fillCorpus({ lines, start: from, ...(values.real && { programs: REAL_PROGRAMS }) });
  writeFileSync(file, corpus.bytes);
  await spoolDay(join(folder, 'cordwood'), { ...corpus, lines, start: from, end, file, [Symbol.dispose]: () => {} });
  writeFileSync(startFile, String(from));
}

async function storedLines(): Promise<number> {
  await sleep(LOOK_MS);
  await using asking = await clientOf(join(folder, 'cordwood'));
  return await countOf(asking);
}

async function fillPeer(victoria: VictoriaLogs): Promise<void> {
  await send({ file, lines, port: victoria.port, connections: 1 });
  const stored = async () => {
    await sleep(LOOK_MS);
    return (await linesOf(victoria)) >= lines;
  };
  await until('VictoriaLogs to have all lines', stored, DEADLINE_MS);
  await calm(join(folder, 'victorialogs'));
}

async function linesOf(victoria: VictoriaLogs): Promise<number> {
  return Number(JSON.parse((await victoria.ask('* | count() n'))[0] ?? '{"n":"0"}').n);
}

/** Waits until a folder has kept its size for a while. */
async function calm(path: string): Promise<void> {
  let bytes = 0;
  for (let since = performance.now(); performance.now() - since < CALM_MS; await sleep(LOOK_MS)) {
    const now = bytesIn(path);
    if (now !== bytes) since = performance.now();
    bytes = now;
  }
  say(`${path}: ${(bytes / lines).toFixed(1)} bytes a line`);
}
