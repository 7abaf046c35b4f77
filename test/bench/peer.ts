import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { clientOf, countOf } from './asking.ts';
import { DAY } from './corpus.ts';
import { bytesIn } from './ingest.ts';
import { askBoth, peerQuestions, type Sought } from './peer-questions.ts';
import { send } from './send.ts';
import { type Row, times } from './table.ts';
import { usageOf } from './usage.ts';
import { startVictoriaLogs, type VictoriaLogs } from './victorialogs.ts';
import type { WholeCorpus } from './whole-corpus.ts';
import { expectCount } from './wrong.ts';

/*
 * The same lines and questions to Cordwood and to VictoriaLogs, in turns in one run: taking lines in
 * over one TCP connection, settling included, and ten questions. Words, phrases and patterns have many
 * hits. Ours ignore case; those of VictoriaLogs do not, which is faster there.
 */

const DEADLINE_MS = 180_000;
/** In this time, both have merged and written what they do later. */
const SETTLE_MS = 20_000;
const LOOK_MS = 200;

type Intake = { readonly seconds: number; readonly cpu: number; readonly bytesPerLine: number };

/** Both, beside each other; without VictoriaLogs, ours alone. */
export async function benchPeer(corpus: WholeCorpus, bin: string, sought: Sought): Promise<Row[]> {
  using folder = temporaryFolder();
  await using server = await Server.start({ data: folder.path, bin, listen: ['tcp://127.0.0.1:0'] });
  const ours = await ourIntake(server, folder.path, corpus);
  await using client = await clientOf(folder.path);
  expectCount('lines stored beside VictoriaLogs', await countOf(client), corpus.lines);
  await using peer = await startVictoriaLogs();
  const theirs = peer && (await theirIntake(peer, corpus));
  const asked: Row[] = [];
  const by = { client, peer, since: Date.now() - DAY };
  for (const question of peerQuestions(sought)) asked.push(await askBoth(question, by));
  await client[Symbol.asyncDispose]();
  await server.kill('SIGTERM');
  return [...intakeRows(ours, theirs), ...asked].map((row) => ({ ...row, claim: `${sought.name}: ${row.claim}` }));
}

async function ourIntake(server: Server, data: string, corpus: WholeCorpus): Promise<Intake> {
  const stored = async () => {
    await sleep(LOOK_MS);
    return (await server.stats()).counters['writer.messages']! >= corpus.lines;
  };
  const port = await server.port('tcp0');
  return await intake({ pid: server.child.pid!, port, stored, folder: join(data, 'store') }, corpus);
}

async function theirIntake(peer: VictoriaLogs, corpus: WholeCorpus): Promise<Intake> {
  const stored = async () => {
    await sleep(LOOK_MS);
    return Number(JSON.parse((await peer.ask('* | count() n'))[0] ?? '{"n":"0"}').n) >= corpus.lines;
  };
  return await intake({ pid: peer.pid, port: peer.port, stored, folder: peer.folder }, corpus);
}

async function intake(
  { pid, port, stored, folder }: { pid: number; port: number; stored: () => Promise<boolean>; folder: string },
  { file, lines }: WholeCorpus,
): Promise<Intake> {
  const before = usageOf(pid).cpu;
  const { startedAt } = await send({ file, lines, port, connections: 1 });
  await until('all lines to be found', stored, DEADLINE_MS);
  const seconds = (performance.now() - startedAt) / 1000;
  await sleep(SETTLE_MS);
  return { seconds, cpu: usageOf(pid).cpu - before, bytesPerLine: bytesIn(folder) / lines };
}

function intakeRows(ours: Intake, theirs: Intake | undefined): Row[] {
  const row = (claim: string, of: (intake: Intake) => number, unit: string, digits = 1): Row => ({
    claim,
    ours: `${of(ours).toFixed(digits)} ${unit}`,
    ...(theirs && { peer: `VictoriaLogs ${of(theirs).toFixed(digits)} ${unit}`, ratio: times(of(theirs) / of(ours)) }),
  });
  return [
    row('CPU of taking in, settling included', ({ cpu }) => cpu, 's'),
    row('wall until all are found', ({ seconds }) => seconds, 's'),
    row('stored after settling, write-ahead logs included', ({ bytesPerLine }) => bytesPerLine, 'B a line'),
  ];
}
