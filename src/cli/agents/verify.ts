import { isIP } from 'node:net';
import { CordwoodError } from '../../base/errors.ts';
import { canonicalAddress } from '../../base/ip.ts';
import { MINUTE } from '../../base/units.ts';
import type { Stats } from '../../ask/contract.ts';
import type { LogMessage } from '../../model/message.ts';
import { isCursor, openServer } from '../asking/ask.ts';
import type { Context } from '../asking/command.ts';
import { visible } from '../io/escape.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { follow } from '../asking/follow.ts';
import { cut } from '../views/width.ts';
import { checksOf, type FrameCounts } from './checks.ts';

/** Failed connections this long before the wait are shown as well: agents retry ever more rarely, ms. */
const LATELY_MS = 10 * MINUTE;

/** Waits for the next message from a host and reports how it arrived. @returns 124 if none arrived in time */
export async function verify(context: Context, host: string, timeoutMs: number): Promise<number> {
  const filters = [{ text: queryOf(host), flag: 'HOST' }];
  const before = await statsOf(context);
  context.note(`waiting for a message from ${host}; to send one, run there: logger -t test 'hello from logger'`);
  const message = await firstLine(context, filters, timeoutMs);
  if (context.signal.aborted) return EXIT.interrupted;
  const after = await statsOf(context);
  if (!message) {
    await context.output.write(timeoutText(host, after, troublesOf(host, after, context.terminal.now() - timeoutMs)));
    return EXIT.timeout;
  }
  await context.output.write(reportText(host, message, frameCounts(message.source.listener, before, after)));
  return EXIT.ok;
}

/** The query for a host, by its address or by its name with or without its domain. @throws CordwoodError ERR_USAGE */
function queryOf(host: string): string {
  if (isIP(host) !== 0) return `source.ip:"${host}"`;
  if (/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(host)) return `hostname:"${host}" OR hostname:${host}.*`;
  throw usageError(`cannot wait for ${JSON.stringify(host)}: it is neither a host name nor an IP address`);
}

async function firstLine(
  context: Context,
  filters: { text: string; flag: string }[],
  timeoutMs: number,
): Promise<LogMessage | undefined> {
  const enough = new AbortController();
  const timer = setTimeout(() => enough.abort(), timeoutMs);
  const signal = AbortSignal.any([context.signal, enough.signal]);
  const params = { filters, follow: true, since: context.terminal.now() };
  try {
    for await (const row of follow({ ...context, signal }, params)) {
      if (!isCursor(row) && '_id' in row)
        return { ...row, timestamp: new Date(row.timestamp), received_at: new Date(row.received_at) };
    }
    return undefined;
  } finally {
    clearTimeout(timer);
    enough.abort();
  }
}

/** @throws CordwoodError ERR_UNREACHABLE if no server is running, because then nothing can arrive */
async function statsOf(context: Context): Promise<Stats> {
  const client = await openServer(context);
  if (!client) {
    throw new CordwoodError(
      'ERR_UNREACHABLE',
      'cannot wait for a message: no server is running here; start it, or give its --data',
    );
  }
  await using _client = client;
  const { value } = await client.ask('stats', {}, context.signal).next();
  return value as Stats;
}

function frameCounts(listener: string, before: Stats, after: Stats): FrameCounts {
  const more = (what: string) => {
    const name = `listen.${listener}.${what}`;
    return (after.counters[name] ?? 0) - (before.counters[name] ?? 0);
  };
  return { frames: more('received.frames'), counted: more('received.counted') };
}

function reportText(host: string, message: LogMessage, counts: FrameCounts): string {
  const checks = checksOf(message, counts);
  const lines = checks.flatMap(({ about, finding, remedy }) => [
    `${remedy === undefined ? 'ok  ' : 'fix '} ${about.padEnd(13)} ${finding}`,
    ...(remedy === undefined ? [] : [`     ${''.padEnd(13)} remedy: ${remedy}`]),
  ]);
  return [`received from ${host}: ${cut(visible(message.message.split('\n', 1)[0]!), 100)}`, ...lines]
    .map(visible)
    .join('\n')
    .concat('\n');
}

/** A trouble with TLS, and where it was. */
type Trouble = NonNullable<Stats['listeners'][number]['tlsTroubles']>[number] & { readonly listener: string };

/** Troubles with TLS that may be those of the host: of its address, or of any if only its name is known. */
function troublesOf(host: string, { listeners }: Stats, began: number): Trouble[] {
  const all = listeners.flatMap(({ name, tlsTroubles = [] }) => tlsTroubles.map((one) => ({ ...one, listener: name })));
  return all.filter(({ ip, at }) => at >= began - LATELY_MS && (isIP(host) === 0 || isSame(ip, host)));
}

function isSame(one: string, other: string): boolean {
  return canonicalAddress(one) === canonicalAddress(other);
}

function troublesText(host: string, troubles: readonly Trouble[]): string[] {
  if (troubles.length === 0) return [];
  const whose = isIP(host) === 0 ? `perhaps of ${host}, whose name a failed handshake does not tell` : `of ${host}`;
  const lines = troubles.map(({ ip, text, times, at, listener }) => {
    const time = new Date(at).toISOString().slice(11, 19);
    return `  ${ip} at ${listener}, ${times === 1 ? 'once' : `${times} times, last`} at ${time} UTC: ${text}`;
  });
  return [`TLS connections that failed, ${whose}:`, ...lines];
}

function timeoutText(host: string, { listeners }: Stats, troubles: readonly Trouble[]): string {
  const places = listeners.map(({ kind, address }) => `  ${kind.padEnd(5)} ${address}`);
  return `${[
    `no message from ${host} arrived; the server listens on`,
    ...places,
    ...troublesText(host, troubles),
    'on the sender, check',
    '  that its configuration names this machine and one of these ports',
    '  that no firewall blocks them: nc -vz THIS-MACHINE PORT',
    "  the agent's own log",
    'here, check whether it ever sent',
    `  cordwood search -S all -n 5 hostname:${host}`,
  ]
    .map(visible)
    .join('\n')}\n`;
}
