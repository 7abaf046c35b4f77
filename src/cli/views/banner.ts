import { formatBytes, formatDuration } from '../../base/units.ts';
import type { Settings } from '../../config/index.ts';
import type { ServedWeb } from '../contract.ts';
import type { Listener } from '../../listen/contract.ts';

type Serving = {
  readonly listeners: readonly Listener[];
  readonly web: ServedWeb | undefined;
  readonly version: string;
  /** Whether a person started it, who can press Ctrl-C. */
  readonly interactive: boolean;
};

/** What `serve` prints once the server has started: its listeners, how to send to them, what to try next. */
export function banner(settings: Settings, { listeners, web, version, interactive }: Serving): string {
  const command = settings.dataFrom === 'default' ? '' : ` --data ${settings.data}`;
  const lines = [`cordwood ${version} receives syslog on`];
  for (const listener of listeners) {
    const { kind, address, name } = listener;
    lines.push(`  ${kind.padEnd(4)} ${address.padEnd(22)} (${name}${isSecure(listener) ? ', TLS' : ''})`);
  }
  lines.push('', `stores it in ${settings.data}`, `  ${retention(settings)}`);
  const sender = rsyslogLine(listeners);
  if (listeners.length > 0 && listeners.every(isSecure))
    lines.push('', 'send to it over TLS:', `  ${program()} agent print rsyslog --transport tls`);
  else if (sender)
    lines.push('', 'send to it: paste this line into /etc/rsyslog.d/cordwood.conf and restart rsyslog', `  ${sender}`);
  if (web) lines.push('', ...webLines(settings, web));
  lines.push('', 'follow the messages:', `  ${program()} search -f${command}`);
  if (interactive) lines.push('', 'Ctrl-C stops it');
  return `${lines.join('\n')}\n`;
}

/** A service prints no login into its log: `cordwood web` makes one. */
function webLines({ file, dataFrom, data }: Settings, { url, link }: ServedWeb): string[] {
  const command = dataFrom === 'default' ? '' : ` --data ${data}`;
  if (file !== undefined) return ['read them in a browser:', `  ${url}`];
  return [
    'read them in a browser (this link works once, in the next 10 minutes):',
    `  ${link}`,
    `  ${program()} web${command} makes another`,
  ];
}

function retention({ streams, spool }: Settings): string {
  const kept = streams.map(
    ({ name, keep }) => `stream ${name} kept ${keep === undefined ? 'for ever' : formatDuration(keep)}`,
  );
  return `${kept.join(', ')}; up to ${formatBytes(spool.maxSize)} wait in the spool`;
}

/** rsyslog's own syntax: one @ for UDP, two for TCP, and a module for RELP. */
function rsyslogLine(listeners: readonly Listener[]): string | undefined {
  const open = listeners.filter((listener) => !isSecure(listener));
  const best = ['tcp', 'udp', 'relp'].flatMap((wanted) => open.find(({ kind }) => kind === wanted) ?? [])[0];
  if (!best) return undefined;
  const target = best.address.replace(/^0\.0\.0\.0:|^\[::\]:/, 'THIS-HOST:');
  if (best.kind === 'relp') {
    const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(target)!;
    return `module(load="omrelp") action(type="omrelp" target="${host}" port="${port}")`;
  }
  return `*.* ${best.kind === 'tcp' ? '@@' : '@'}${target}`;
}

function isSecure(listener: Listener): boolean {
  return listener.stats().certificateExpires !== undefined;
}

/** How to run the command line: a checkout has it under npx only. */
function program(): string {
  return import.meta.url.endsWith('.ts') ? 'npx cordwood' : 'cordwood';
}
