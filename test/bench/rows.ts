import type { StormCost } from './alerts.ts';
import type { CrowdResult } from './crowd.ts';
import type { DatagramResult } from './datagrams.ts';
import type { FollowResult } from './follower.ts';
import type { IngestResult, Round } from './ingest.ts';
import type { Latency } from './latency.ts';
import type { QueriesResult, QueryResult } from './queries.ts';
import type { Job as RestartJob, Results as RestartResult } from './restarts.ts';
import { big, megabytes, milliseconds, type Row, times } from './table.ts';

/* The numbers of each bench as rows of the one table, with the goals they are held against. */

const MB = 1e6;

type Inside = {
  readonly frames: { readonly lf: number; readonly octet: number };
  readonly parse: readonly { readonly format: string; readonly perSecond: number }[];
  readonly encode: { readonly rowsPerSecond: number; readonly bytes: number };
};

export function inProcessRows({ frames, parse, encode }: Inside): Row[] {
  return [
    { claim: 'frames found, lines', ours: `${big(frames.lf)}/s` },
    { claim: 'frames found, octet-counted', ours: `${big(frames.octet)}/s` },
    ...parse.map(({ format, perSecond }) => ({ claim: `parsed, ${format}`, ours: `${big(perSecond)}/s` })),
    { claim: 'rows into blocks', ours: `${big(encode.rowsPerSecond)}/s, ${encode.bytes.toFixed(1)} B a row` },
  ];
}

export function ingestRows({ dist, checkout, rsyslogd, gzipBytesPerLine }: IngestResult): Row[] {
  const beside = (value: (round: Round) => string) => (rsyslogd ? { peer: `rsyslogd → file ${value(rsyslogd)}` } : {});
  const ratio = (value: (round: Round) => number) => (rsyslogd ? value(dist) / value(rsyslogd) : Number.NaN);
  const perCpu = ratio((round) => round.perCpu);
  const bytes = dist.bytesPerLine / gzipBytesPerLine;
  const both = (value: (round: Round) => string) => `${value(dist)} (checkout ${value(checkout)})`;
  return [
    {
      claim: 'TCP → stored, messages/s',
      ours: both((round) => big(round.rate)),
      ...beside((round) => big(round.rate)),
      ratio: times(ratio((round) => round.rate)),
    },
    {
      claim: 'TCP → stored, messages per CPU second',
      ours: both((round) => big(round.perCpu)),
      ...beside((round) => big(round.perCpu)),
      ratio: times(perCpu),
      goal: '≥ 1.3×',
      ...(rsyslogd && { met: perCpu >= 1.3 }),
    },
    {
      claim: 'the same, settling and stopping included',
      ours: both((round) => big(round.perCpuWithStop)),
      ...beside((round) => big(round.perCpuWithStop)),
      ratio: times(ratio((round) => round.perCpuWithStop)),
    },
    {
      claim: 'stored, bytes a line',
      ours: dist.bytesPerLine.toFixed(1),
      peer: `gzip -6 ${gzipBytesPerLine.toFixed(1)}`,
      ratio: times(bytes),
      goal: '≤ 0.80×',
      met: bytes <= 0.8,
    },
    {
      claim: 'memory, idle',
      ours: both((round) => megabytes(round.idle)),
      ...beside((round) => megabytes(round.idle)),
    },
    {
      claim: 'memory, at most',
      ours: both((round) => megabytes(round.peak)),
      ...beside((round) => megabytes(round.peak)),
      goal: '< 250 MB',
      met: dist.peak < 250 * MB,
    },
  ];
}

export function datagramRows(results: readonly DatagramResult[]): Row[] {
  return results.map(({ rate, sentPerSecond, ours, rsyslogd }, index) => ({
    claim: `UDP at ${big(rate)}/s (sent ${big(sentPerSecond)}/s), lost`,
    ours: `${percent(ours)}, all counted as dropped by the kernel`.replace(/^none.*/, 'none'),
    ...(rsyslogd && { peer: `rsyslogd → file ${percent(rsyslogd)}` }),
    ...(index === 0 && { goal: 'none', met: ours.lost === 0 }),
  }));
}

function percent({ lost, sent }: { lost: number; sent: number }): string {
  return lost === 0 ? 'none' : `${((100 * lost) / sent).toFixed(1)} %`;
}

export function queryRows({ queries, process, latency, peak }: QueriesResult): Row[] {
  const whole = Math.max(process.dist, process.checkout);
  return [
    ...queries.map(queryRow),
    {
      claim: '`cordwood search -n 100`, the whole process',
      ours: `${milliseconds(process.dist)} (checkout ${milliseconds(process.checkout)})`,
      goal: '≤ 200 ms',
      met: whole <= 200,
    },
    { claim: 'on disk after', ours: shown(latency.idle) },
    {
      claim: 'on disk after, while scanning',
      ours: shown(latency.scanning),
      goal: '≤ 20 ms',
      met: latency.scanning.p99 <= 20,
    },
    { claim: 'memory, storing a day and asking', ours: megabytes(peak) },
  ];
}

function queryRow({ question, ms, shell }: QueryResult): Row {
  const { name, goal } = question;
  const fastest = shell.toSorted((a, b) => a.ms - b.ms)[0];
  return {
    claim: name,
    ours: milliseconds(ms),
    peer: shell.map((one) => `${one.tool} ${milliseconds(one.ms)}`).join(', '),
    ...(fastest && { ratio: times(fastest.ms / ms) }),
    ...(goal !== undefined && { goal: `≤ ${goal} ms`, met: ms <= goal }),
  };
}

function shown({ median, p99, worst }: Latency): string {
  return `${milliseconds(median)}, 99 % ${milliseconds(p99)}, worst ${milliseconds(worst)}`;
}

export function crowdRows({ connections, before, memory, alone, crowded }: CrowdResult): Row[] {
  return [
    {
      claim: `${connections.toLocaleString('en')} idle TCP connections, memory`,
      ours: `${megabytes(memory)} (${megabytes(before)} without)`,
      goal: '< 1 GB',
      met: memory < 1e9,
    },
    { claim: 'an active sender beside them, on disk after', ours: `${shown(crowded)} (without them ${shown(alone)})` },
  ];
}

export function restartRows({ ours, rsyslogd }: RestartResult, { restarts, rate }: RestartJob): Row[] {
  const claims = {
    blind: 'who writes blindly',
    looking: 'who looks before sending',
    rsyslogd: 'an rsyslogd as agent',
  } as const;
  return Object.entries(claims).map(([sender, claim]) => {
    const [here, there] = [ours.of[sender]!, rsyslogd.of[sender]!];
    return {
      claim: `${restarts} restarts at ${rate.toLocaleString('en')} lines/s of plain TCP, lost of ${claim}`,
      ours: `${here.lost} of ${here.sent.toLocaleString('en')}`,
      peer: `rsyslogd: ${there.lost} of ${there.sent.toLocaleString('en')}`,
      ...(sender !== 'blind' && { goal: 'none', met: here.lost === 0 }),
    };
  });
}

export function alertRows(costs: readonly StormCost[]): Row[] {
  return costs.map(({ rule, share, told }) => ({
    claim: `1,000,000 errors of 1,000 hosts in ten minutes, judged by ${rule}`,
    ours: `${(share * 100).toFixed(2)} % of a core, ${told.toLocaleString('en')} told of`,
    goal: '< 10 %',
    met: share < 0.1,
  }));
}

export function followerRows({ sent, seen, outOfOrder, lag }: FollowResult): Row[] {
  const whole = seen === sent && outOfOrder === 0;
  return [
    {
      claim: '`search -f` beside 20,000 messages/s, each once and in order',
      ours: whole ? `all ${sent.toLocaleString('en')}` : `${seen} of ${sent}, ${outOfOrder} out of order`,
      goal: 'all',
      met: whole,
    },
    {
      claim: 'shown after',
      ours: `${milliseconds(lag.median)}, worst ${milliseconds(lag.worst)}`,
      goal: '≤ 1 s',
      met: lag.worst <= 1000,
    },
  ];
}
