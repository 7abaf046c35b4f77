import { formatHostPort } from '../base/ip.ts';
import { formatBytes, formatDuration } from '../base/units.ts';
import { shardingCommands } from '../store/registry.ts';
import type { ListenerSettings, Settings } from './settings.ts';

/**
 * Describes what `serve` would do with these settings, one fact a line.
 * @param ticks the next ticks of each rule, by its name; without them, none are shown
 */
export function describe(settings: Settings, ticks: ReadonlyMap<string, string> = new Map()): string {
  const { file, data, dataFrom } = settings;
  return [
    `configuration  ${file ?? 'none: the defaults apply'}`,
    `data           ${data} (${sourceOfData(dataFrom, file)})`,
    ...settings.listen.flatMap(listenerLines),
    `web            ${webText(settings.web)}`,
    `store          ${storeText(settings.store)}`,
    ...shardingLines(settings),
    ...settings.pipeline.map(stageLine),
    ...settings.streams.map(streamLine),
    ...diskLine(settings),
    ...settings.forward.flatMap(forwardLines),
    ...alertLines(settings, ticks),
    `spool          at most ${formatBytes(settings.spool.maxSize)}; if it is full, TCP and RELP wait and UDP messages are dropped and counted`,
    `zone           ${settings.zone ?? "this machine's"}, for timestamps without a zone`,
    ...settings.zones.map(({ cidr, zone }) => `               ${zone}, for those from ${cidr}`),
    '',
  ].join('\n');
}

function webText(web: Settings['web']): string {
  if (!web) return 'off; web: {} turns it on, for this machine only';
  const { address, tls, users, proxies } = web;
  const behind = proxies ? `, behind the proxies ${proxies.from.join(' ')}` : '';
  return `${tls ? 'https' : 'http'}://${formatHostPort(address)}/, users of ${users}${behind}`;
}

function diskLine({ maxDisk, keepFree, store }: Settings): string[] {
  if (maxDisk === undefined && store.kind !== 'embedded') return [];
  if (maxDisk === undefined) {
    return [
      'max disk       no limit: only keep and max_size of a stream delete messages; if the disk is full, none are accepted',
    ];
  }
  const origin =
    keepFree === undefined
      ? ''
      : ` (the default; ${formatBytes(keepFree)} of the disk stay free, or half of what is free at the start)`;
  const effect = 'for all streams, then the oldest messages of the least important one are deleted';
  return [`max disk       ${formatBytes(maxDisk)}${origin} ${effect}`];
}

function sourceOfData(dataFrom: string, file: string | undefined): string {
  if (dataFrom === 'default') return 'the default';
  return dataFrom === file ? 'data: in the configuration' : dataFrom;
}

function stageLine({ kind, name, ...rest }: Settings['pipeline'][number]): string {
  const parts = Object.entries(rest).flatMap(([key, value]) => {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) return [];
    return `${key} ${text(key, value)}`;
  });
  return [`stage          ${name}: ${kind}`, ...parts].join(', ');
}

function streamLine({ name, match, keep, maxSize, importance }: Settings['streams'][number]): string {
  const parts = [
    retention(keep),
    ...(maxSize === undefined ? [] : [`at most ${formatBytes(maxSize)}`]),
    ...(importance === 'normal' ? [] : [`${importance} importance`]),
    ...(match === undefined ? [] : [`matches ${match}`]),
  ];
  return `stream         ${name}: ${parts.join(', ')}`;
}

function retention(keep: number | undefined): string {
  return keep === undefined ? 'kept for ever' : `kept ${formatDuration(keep)} after arrival, then deleted`;
}

function listenerLines(listener: ListenerSettings): string[] {
  const { kind, name, address, byDefault, ...rest } = listener;
  const condition = byDefault && address.host === '::1' ? ', if this machine has IPv6' : '';
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  const head = `listen         ${name}: ${kind} ${host}:${address.port}${condition}`;
  return [head, `               ${settingsText(rest)}`];
}

function forwardLines({ kind, name, to, tls: _, ...rest }: Settings['forward'][number] & { tls?: unknown }): string[] {
  const secured = _ === undefined ? '' : ' with TLS';
  const head = `forward        ${name}: ${kind}${secured} to ${to.map(formatHostPort).join(', ')}`;
  return [head, `               ${settingsText(rest)}`];
}

function settingsText(settings: object): string {
  const shown = Object.entries(settings).flatMap(([key, value]) => {
    const written = text(key, value);
    return written === undefined ? [] : `${key} ${written}`;
  });
  return shown.join(', ');
}

/** The unit of a number, by the last word of its key. A test checks that each kind's schema agrees. */
export function unitOf(key: string): 'duration' | 'bytes' | undefined {
  const word = key.split('_').at(-1)!;
  if (['timeout', 'every', 'age', 'again', 'from'].includes(word)) return 'duration';
  return ['frame', 'buffer', 'size'].includes(word) || key === 'bytes_per_second' ? 'bytes' : undefined;
}

function text(key: string, value: unknown): string | undefined {
  const unit = unitOf(key);
  if (value === undefined) return unit === 'duration' ? 'off' : undefined;
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.join(' ');
  if (typeof value === 'object' && value !== null) return `(${settingsText(value)})`;
  if (typeof value !== 'number') return String(value);
  if (unit === 'duration') return formatDuration(value);
  return unit === 'bytes' ? formatBytes(value) : String(value);
}

/** Of a URI, shows the servers only: the rest may contain secrets. */
function storeText(store: Settings['store']): string {
  switch (store.kind) {
    case 'embedded':
      return 'embedded';
    case 'mongodb': {
      const servers = /^mongodb(?:\+srv)?:\/\/(?:[^/@]*@)?([^/?]*)/.exec(store.uri)?.[1];
      const parts = store.partition === 'day' ? ', a collection for each stream and day' : '';
      return `mongodb on ${servers}, database ${store.database}${parts}`;
    }
  }
}

/** The commands that only an administrator of the cluster may give. */
function shardingLines({ store, streams }: Settings): string[] {
  if (store.kind !== 'mongodb' || !store.sharded) return [];
  const names = streams.map(({ name }) => name);
  return [
    'sharding       once serve has created the collections, in mongosh, as a user with the role clusterManager:',
    ...shardingCommands(store.database, names).map((command) => `               ${command}`),
  ];
}

/** Rules, and the recipients of notices. */
function alertLines(
  { alerts, notifiers, silence, digest, mail }: Settings,
  ticks: ReadonlyMap<string, string>,
): string[] {
  const rules = alerts.flatMap(({ name, kind, schedule, to, file }) => {
    const next = ticks.get(name);
    const whom = to.length > 0 ? `to ${to.join(', ')}` : 'without notices';
    const head = `alert          ${name}: ${kind}, at ${schedule}, ${whom}${file === undefined ? '' : `; from ${file}`}`;
    return next === undefined ? [head] : [head, `               ${next}`];
  });
  const silent = silence.to.length > 0 ? [`silent hosts   notices to ${silence.to.join(', ')}`] : [];
  const daily = digest.to.length > 0 ? [`digest         at ${digest.schedule}, to ${digest.to.join(', ')}`] : [];
  const hooks = notifiers.map(({ name, kind, url }) => `notifier       ${name}: ${kind} to ${new URL(url).host}`);
  if (!mail) return [...rules, ...silent, ...daily, ...hooks];
  return [
    ...rules,
    ...silent,
    ...daily,
    ...hooks,
    `mail           from ${mail.from} through ${mail.smtp}, at most ${mail.max_per_hour} an hour to each`,
  ];
}
