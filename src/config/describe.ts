import { formatBytes, formatDuration } from '../base/units.ts';
import type { ListenerSettings, Settings } from './settings.ts';

/** What a `serve` with these settings would do, in plain lines. */
export function describe(settings: Settings): string {
  const { file, data, dataFrom } = settings;
  return [
    `configuration  ${file ?? 'none: the defaults apply'}`,
    `data           ${data} (${because(dataFrom, file)})`,
    ...settings.listen.map(listenerLine),
    `store          ${settings.store.kind}`,
    ...settings.streams.map(({ name, keep }) => `stream         ${name}: ${retention(keep)}`),
    `spool          at most ${formatBytes(settings.spool.max_size)}, then TCP waits and UDP drops are counted`,
    `zone           ${settings.zone ?? "this machine's"} for stamps that carry none`,
    ...settings.zones.map(({ cidr, zone }) => `               ${zone} for those from ${cidr}`),
    '',
  ].join('\n');
}

function because(dataFrom: string, file: string | undefined): string {
  if (dataFrom === 'default') return 'the default';
  return dataFrom === file ? 'data: in the configuration' : dataFrom;
}

function retention(keep: number | undefined): string {
  return keep === undefined ? 'kept for ever' : `kept ${formatDuration(keep)} after arrival, then deleted`;
}

function listenerLine(listener: ListenerSettings): string {
  const { kind, name, address, byDefault, ...rest } = listener;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  const limits = Object.entries(rest).flatMap(([key, value]) =>
    value === undefined ? [] : `${key} ${text(key, value)}`,
  );
  const condition = byDefault && host === '[::1]' ? ', where this machine has IPv6' : '';
  return `listen         ${name}: ${kind} ${host}:${address.port}${condition}; ${limits.join(', ')}`;
}

/** Units by the last word of the key; a test holds each kind's schema to them. */
function text(key: string, value: unknown): string {
  if (typeof value !== 'number') return typeof value === 'string' ? value : JSON.stringify(value);
  const unit = key.split('_').at(-1);
  if (unit === 'timeout') return formatDuration(value);
  if (unit === 'frame' || unit === 'buffer' || unit === 'size') return formatBytes(value);
  return String(value);
}
