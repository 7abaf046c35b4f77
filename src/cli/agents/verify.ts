import { isIP } from 'node:net';
import { CordwoodError } from '../../base/errors.ts';
import type { Stats } from '../../ask/contract.ts';
import type { LogMessage } from '../../model/message.ts';
import { isCursor, openServer } from '../asking/ask.ts';
import type { Context } from '../asking/command.ts';
import { visible } from '../io/escape.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { follow } from '../asking/follow.ts';
import { checksOf, type Counted } from './checks.ts';

/** Waits for the next line of a host and says how it came. @returns 124 where none came in time */
export async function verify(context: Context, host: string, timeoutMs: number): Promise<number> {
  const filters = [{ text: queryOf(host), flag: 'HOST' }];
  const before = await statsOf(context);
  context.note(`waiting for a line of ${host}; on it, try: logger -t test 'hello from logger'`);
  const message = await firstLine(context, filters, timeoutMs);
  if (context.signal.aborted) return EXIT.interrupted;
  const after = await statsOf(context);
  if (!message) {
    await context.output.write(silence(host, after));
    return EXIT.timeout;
  }
  await context.output.write(report(host, message, countedBy(message.source.listener, before, after)));
  return EXIT.ok;
}

/** A host by its address, or by its name with or without its domain. @throws CordwoodError ERR_USAGE */
function queryOf(host: string): string {
  if (isIP(host) !== 0) return `source.ip:"${host}"`;
  if (/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(host)) return `hostname:"${host}" OR hostname:${host}.*`;
  throw usageError(`cannot wait for ${JSON.stringify(host)}: name one host, e.g. web1 or 10.0.0.7`);
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

/** @throws CordwoodError ERR_UNREACHABLE where no server runs, since nothing can come then */
async function statsOf(context: Context): Promise<Stats> {
  const client = await openServer(context);
  if (!client) {
    throw new CordwoodError(
      'ERR_UNREACHABLE',
      'cannot wait for a line: no server runs here; start it, or name its --data',
    );
  }
  await using _client = client;
  const { value } = await client.ask('stats', {}, context.signal).next();
  return value as Stats;
}

function countedBy(listener: string, before: Stats, after: Stats): Counted {
  const more = (what: string) => {
    const name = `listen.${listener}.${what}`;
    return (after.counters[name] ?? 0) - (before.counters[name] ?? 0);
  };
  return { frames: more('received.frames'), counted: more('received.counted') };
}

function report(host: string, message: LogMessage, counted: Counted): string {
  const checks = checksOf(message, counted);
  const lines = checks.flatMap(({ about, says, remedy }) => [
    `${remedy === undefined ? 'ok  ' : 'look'} ${about.padEnd(13)} ${says}`,
    ...(remedy === undefined ? [] : [`     ${''.padEnd(13)} remedy: ${remedy}`]),
  ]);
  return [`${host} is heard: ${message.message.split('\n', 1)[0]!.slice(0, 100)}`, ...lines]
    .map(visible)
    .join('\n')
    .concat('\n');
}

function silence(host: string, { listeners }: Stats): string {
  const places = listeners.map(({ kind, address }) => `  ${kind.padEnd(5)} ${address}`);
  return `${[
    `no line of ${host} came; the server listens on`,
    ...places,
    'look on the sender: does its configuration name this machine and one of these ports, does a firewall let it through',
    `(nc -vz THIS-MACHINE PORT), what does its own log say; and here: cordwood search -n 5 hostname:${host}`,
  ]
    .map(visible)
    .join('\n')}\n`;
}
