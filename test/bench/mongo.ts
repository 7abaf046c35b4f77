import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { mongoConfig } from '../support/mongo-config.ts';
import { Mongod, needsMongod } from '../support/mongod.ts';
import { freePort } from '../support/ports.ts';
import { find } from '../support/require.ts';
import { Rsyslogd } from '../support/rsyslogd.ts';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { buildPackage } from './package.ts';
import { send } from './send.ts';
import { big, type Row, say, times } from './table.ts';
import { median, usageOf } from './usage.ts';
import { linesWanted, makeCorpus, type WholeCorpus } from './whole-corpus.ts';
import { expectCount } from './wrong.ts';

/**
 * Lines for us, and for those who need a tenth of them to show their pace; and how many of each are
 * stored before it counts.
 */
const LINES = 300_000;
const PEER_LINES = 30_000;
const WARM_UP = 0.5;
const ROUNDS = 3;
const CONNECTIONS = 4;
const DEADLINE_MS = 180_000;
/** The module of rsyslog, by the path that its Debian package was unpacked to, or as it is installed. */
const OMMONGODB = process.env['CORDWOOD_BENCH_OMMONGODB'] ?? 'ommongodb';

/** One round: messages a second, and CPU microseconds a message of the receiver and of mongod. */
type Round = { readonly rate: number; readonly client: number; readonly server: number };
type Receiver = AsyncDisposable & { readonly pid: number; readonly port: number; readonly collection: string };
type Start = (folder: string, mongod: Mongod) => Promise<Receiver>;
type Stored = 'cordwood' | 'fewer indexes' | 'ommongodb' | 'syslog-ng';
export type MongoResult = Readonly<Record<Stored, Round | undefined>>;

/** TCP to stored in one mongod, in turns on the same lines; medians. The sender's CPU is not counted. */
export async function benchMongo(corpus: WholeCorpus, bin: string): Promise<MongoResult> {
  const skip = await needsMongod({ own: true });
  const rounds: Record<Stored, Round[]> = { cordwood: [], 'fewer indexes': [], ommongodb: [], 'syslog-ng': [] };
  const ng = syslogNg();
  for (let round = 0; round < (skip ? 0 : ROUNDS); round++) {
    const ours = Math.min(LINES, corpus.lines);
    rounds.cordwood.push(told('cordwood', await measure(corpus, ours, startCordwood(bin))));
    const fewer = startCordwood(bin, ['severity']);
    rounds['fewer indexes'].push(told('with indexes: [severity]', await measure(corpus, ours, fewer)));
    const theirs = Math.min(PEER_LINES, corpus.lines);
    if (find('rsyslogd')) rounds.ommongodb.push(told('ommongodb', await measure(corpus, theirs, startRsyslogd)));
    if (ng) rounds['syslog-ng'].push(told('syslog-ng', await measure(corpus, theirs, startSyslogNg(ng))));
  }
  const of = (name: Stored): Round | undefined => (rounds[name].length > 0 ? medians(rounds[name]) : undefined);
  return {
    cordwood: of('cordwood'),
    'fewer indexes': of('fewer indexes'),
    ommongodb: of('ommongodb'),
    'syslog-ng': of('syslog-ng'),
  };
}

/** The claims of docs/performance.md. */
export function mongoRows({ cordwood, 'fewer indexes': fewer, ...peers }: MongoResult): Row[] {
  return Object.entries(peers).flatMap(([name, peer]) => [
    ...besidePeer('four indexes', cordwood, name, peer),
    ...besidePeer('indexes: [severity]', fewer, name, peer),
  ]);
}

function besidePeer(indexes: string, ours: Round | undefined, name: string, peer: Round | undefined): Row[] {
  if (!ours || !peer) return [];
  const cost = ({ client, server }: Round) => client + server;
  const rate = ours.rate / peer.rate;
  const share = cost(ours) / cost(peer);
  return [
    {
      claim: `TCP to MongoDB, majority and journal, ${indexes}, messages a second, beside ${name}`,
      ours: big(ours.rate),
      peer: big(peer.rate),
      ratio: times(rate),
      goal: '≥ 16×',
      met: rate >= 16,
    },
    {
      claim: `the same, CPU µs a message, receiver and mongod, beside ${name}`,
      ours: `${ours.client.toFixed(1)} + ${ours.server.toFixed(1)}`,
      peer: `${peer.client.toFixed(1)} + ${peer.server.toFixed(1)}`,
      ratio: times(share),
      goal: '≤ 0.12×',
      met: share <= 0.12,
    },
  ];
}

async function measure(corpus: WholeCorpus, lines: number, start: Start): Promise<Round> {
  using folder = temporaryFolder();
  await using mongod = await Mongod.start();
  await using receiver = await start(folder.path, mongod);
  await using client = new MongoClient(mongod.uri);
  const stored = client.db('bench').collection(receiver.collection);
  const pids = [receiver.pid, mongod.child.pid!] as const;
  const warm = Math.round(lines * WARM_UP);
  const sendAll = async (count: number, all: number): Promise<number> => {
    const { startedAt } = await send({
      file: corpus.file,
      lines: count,
      port: receiver.port,
      connections: CONNECTIONS,
    });
    const done = async () => {
      await sleep(50);
      return (await stored.estimatedDocumentCount()) >= all;
    };
    await until('all lines to be stored', done, DEADLINE_MS);
    return startedAt;
  };
  await sendAll(warm, warm);
  const before = pids.map((pid) => usageOf(pid).cpu);
  const startedAt = await sendAll(lines, warm + lines);
  const seconds = (performance.now() - startedAt) / 1000;
  const [own, theirs] = pids.map((pid, index) => ((usageOf(pid).cpu - before[index]!) * 1e6) / lines) as [
    number,
    number,
  ];
  expectCount(`documents in ${receiver.collection}`, await stored.countDocuments(), warm + lines);
  return { rate: lines / seconds, client: own, server: theirs };
}

function startCordwood(bin: string, indexes?: readonly string[]): Start {
  return async (folder, mongod) => {
    const streams = '[{name: default, keep: 30d}]';
    const store = { uri: mongod.uri, database: 'bench', streams, ...(indexes && { indexes }) };
    const config = mongoConfig(folder, store);
    const server = await Server.start({ data: join(folder, 'data'), config, bin });
    const port = await server.port('tcp0');
    return {
      pid: server.child.pid!,
      port,
      collection: 'logs_default',
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  };
}

const startRsyslogd: Start = async (folder, mongod) => {
  const port = await freePort();
  const config = `
    module(load="imtcp")
    module(load="${OMMONGODB}")
    input(type="imtcp" port="${port}" address="127.0.0.1" ruleset="all")
    ruleset(name="all" queue.type="LinkedList" queue.size="1000000") {
      action(type="ommongodb" uristr="mongodb://127.0.0.1:${mongod.port}/" db="bench" collection="rsyslog")
    }`;
  const agent = await Rsyslogd.start(folder, port, config);
  return {
    pid: agent.child.pid!,
    port,
    collection: 'rsyslog',
    [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
  };
};

/** CORDWOOD_BENCH_SYSLOG_NG names the folder that its Debian packages were unpacked into. */
function syslogNg(): string | undefined {
  const folder = process.env['CORDWOOD_BENCH_SYSLOG_NG'];
  return folder && existsSync(join(folder, 'usr/sbin/syslog-ng')) ? folder : undefined;
}

function startSyslogNg(root: string): Start {
  return async (folder, mongod) => {
    const port = await freePort();
    const modules = join(root, 'usr/lib/syslog-ng/3.38');
    const file = join(folder, 'ng.conf');
    writeFileSync(
      file,
      `@version: 3.38
      source s { network(ip("127.0.0.1") port(${port}) transport("tcp") max-connections(100) log-iw-size(100000)); };
      destination d { mongodb(uri("mongodb://127.0.0.1:${mongod.port}/bench?safe=true") collection("syslogng")); };
      log { source(s); destination(d); flags(flow-control); };\n`,
    );
    const own = ['-f', file, '-R', join(folder, 'persist'), '-c', join(folder, 'ctl'), '-p', join(folder, 'pid')];
    const libraries = `${join(root, 'usr/lib/syslog-ng')}:${modules}`;
    const child: ChildProcess = spawn(
      join(root, 'usr/sbin/syslog-ng'),
      ['-F', '--no-caps', `--module-path=${modules}`, ...own],
      { stdio: 'inherit', env: { ...process.env, LD_LIBRARY_PATH: libraries } },
    );
    await sleep(2000);
    return {
      pid: child.pid!,
      port,
      collection: 'syslogng',
      [Symbol.asyncDispose]: async () => {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        if (child.exitCode === null && child.kill('SIGKILL')) await ended;
      },
    };
  };
}

function medians(rounds: readonly Round[]): Round {
  const of = (name: keyof Round) => median(rounds.map((round) => round[name]));
  return { rate: of('rate'), client: of('client'), server: of('server') };
}

function told(name: string, round: Round): Round {
  const { rate, client, server } = round;
  say(`${name}: ${Math.round(rate)} messages/s, ${client.toFixed(1)} + ${server.toFixed(1)} µs CPU a message`);
  return round;
}

if (import.meta.main) {
  using built = buildPackage();
  using corpus = makeCorpus(Math.min(linesWanted(), LINES));
  console.log(mongoRows(await benchMongo(corpus, built.bin)));
}
