import { benchAlerts } from './alerts.ts';
import { benchCrowd } from './crowd.ts';
import { benchDatagrams } from './datagrams.ts';
import { benchEncode } from './encode.ts';
import { benchFollower } from './follower.ts';
import { benchFrames } from './frames.ts';
import { benchIngest } from './ingest.ts';
import { machine } from './machine.ts';
import { benchMongo, mongoRows } from './mongo.ts';
import { benchMongoAsking } from './mongo-asking.ts';
import { buildPackage } from './package.ts';
import { benchPage, pageRows } from './page.ts';
import { benchParse } from './parse.ts';
import { benchPeer } from './peer.ts';
import { BENCH_TEXTS, REAL_TEXTS } from './peer-questions.ts';
import { benchQueries } from './queries.ts';
import { benchRest, restRows } from './rest.ts';
import { REAL_PROGRAMS } from './real-templates.ts';
import { benchRestarts } from './restarts.ts';
import {
  alertRows,
  crowdRows,
  datagramRows,
  followerRows,
  inProcessRows,
  ingestRows,
  queryRows,
  restartRows,
} from './rows.ts';
import { markdown, type Row, say } from './table.ts';
import { linesWanted, makeCorpus } from './whole-corpus.ts';
import { wrong } from './wrong.ts';

/*
 * All claims on one machine in one run: `npm run bench -- [--lines 2000000] [--quick] [--only ingest,queries]`. Prints
 * a table for docs/performance.md on stdout, progress on stderr. Whatever is slow only earns its mark; what is wrong, lost or
 * found twice, ends the run with exit code 1.
 */

type Part = { readonly name: string; readonly run: () => Promise<Row[]> };

const quick = process.argv.includes('--quick');
const onlyAt = process.argv.indexOf('--only');
const only = onlyAt < 0 ? undefined : process.argv[onlyAt + 1]!.split(',');
const began = performance.now();
using built = buildPackage();
using corpus = makeCorpus(linesWanted());
say(`${corpus.lines} lines, ${(corpus.bytes.length / corpus.lines).toFixed(1)} bytes each`);

const parts: readonly Part[] = [
  {
    name: 'inside',
    run: async () => inProcessRows({ frames: benchFrames(corpus), parse: benchParse(), encode: benchEncode(corpus) }),
  },
  { name: 'ingest', run: async () => ingestRows(await benchIngest(corpus, built.bin)) },
  { name: 'datagrams', run: async () => datagramRows(await benchDatagrams(corpus, built.bin)) },
  { name: 'queries', run: async () => queryRows(await benchQueries(corpus, built.bin)) },
  { name: 'peer', run: () => benchPeer(corpus, built.bin, BENCH_TEXTS) },
  {
    name: 'peer-real',
    run: async () => {
      using real = makeCorpus(linesWanted(), REAL_PROGRAMS);
      return await benchPeer(real, built.bin, REAL_TEXTS);
    },
  },
  { name: 'rest', run: async () => restRows(await benchRest(corpus, built.bin, quick ? 5 : 70)) },
  { name: 'page', run: async () => pageRows(await benchPage(corpus, quick ? 10_000 : 100_000)) },
  { name: 'crowd', run: async () => crowdRows(await benchCrowd(built.bin)) },
  {
    name: 'restarts',
    run: async () => {
      const job = { restarts: quick ? 2 : 10, rate: 2000 };
      return restartRows(await benchRestarts(built.bin, job), job);
    },
  },
  { name: 'mongo', run: async () => mongoRows(await benchMongo(corpus, built.bin)) },
  { name: 'mongo-asking', run: () => benchMongoAsking(quick ? 100_000 : undefined) },
  { name: 'alerts', run: async () => alertRows(await benchAlerts(quick ? 100_000 : undefined)) },
  { name: 'follower', run: async () => followerRows(await benchFollower(built.bin, quick ? 10 : 60)) },
];

const rows: Row[] = [];
for (const { name, run } of parts) {
  if (only && !only.includes(name)) continue;
  say(`\n${name}`);
  rows.push(...(await run()));
}
say(`\n${Math.round((performance.now() - began) / 1000)} s in all\n`);
const lines = corpus.lines.toLocaleString('en');
console.log(`${machine()}; ${lines} lines of ${Math.round(corpus.bytes.length / corpus.lines)} bytes.\n`);
console.log(markdown(rows));
for (const what of wrong) say(`WRONG: ${what}`);
process.exitCode = wrong.length > 0 ? 1 : 0;
