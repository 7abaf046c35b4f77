import { BlockList, isIP } from 'node:net';
import type { Source } from '../model/message.ts';

/** Senders of a network are in a zone. `cidr` is `10.1.0.0/16`, `2001:db8::/32` or one address. */
export type ZoneEntry = { readonly cidr: string; readonly zone: string };

/** How stamps without a zone are read: per network, then per listener, then by `otherwise`. */
export type ZoneSettings = {
  readonly networks: readonly ZoneEntry[];
  /** Listener name → zone. */
  readonly listeners: Readonly<Record<string, string>>;
  readonly otherwise: string;
};

/**
 * What `createParser` takes as `zoneOf`: the longest network that holds the peer's address decides, else its
 * listener's zone, else `otherwise`. @throws RangeError where a network cannot be read
 */
export function zonePicker(settings: ZoneSettings): (source: Pick<Source, 'ip' | 'listener'>) => string {
  const table = zoneTable(settings.networks);
  const listeners = new Map(Object.entries(settings.listeners));
  return (source) => table(source.ip) ?? listeners.get(source.listener) ?? settings.otherwise;
}

/**
 * Picks the zone of the longest network that holds an address; an IPv4-mapped IPv6 address counts as IPv4.
 * @throws RangeError where an entry's network cannot be read
 */
export function zoneTable(entries: readonly ZoneEntry[]): (ip: string) => string | undefined {
  const networks = entries.map(({ cidr, zone: name }) => ({ ...network(cidr), name }));
  networks.sort((a, b) => b.prefix - a.prefix);
  return (ip) => {
    const address = unmapped(ip);
    const family = isIP(address);
    if (family === 0) return undefined;
    const found = networks.find((entry) => entry.family === family && entry.list.check(address, familyName(family)));
    return found?.name;
  };
}

function network(cidr: string): { list: BlockList; prefix: number; family: number } {
  const match = /^(.*?)(?:\/(\d{1,3}))?$/.exec(cidr)!;
  const mapped = isIP(match[1]!) === 6 && unmapped(match[1]!) !== match[1];
  const address = unmapped(match[1]!);
  const family = isIP(address);
  const bits = family === 4 ? 32 : 128;
  const prefix = match[2] === undefined ? bits : Number(match[2]) - (mapped ? 96 : 0);
  if (family === 0 || prefix < 0 || prefix > bits) {
    throw new RangeError(`cannot read network ${cidr}: write an address or CIDR, as in 10.1.0.0/16 or 2001:db8::/32`);
  }
  const list = new BlockList();
  list.addSubnet(address, prefix, familyName(family));
  return { list, prefix, family };
}

function familyName(family: number): 'ipv4' | 'ipv6' {
  return family === 4 ? 'ipv4' : 'ipv6';
}

function unmapped(ip: string): string {
  const match = /^(?:0*:)*:?ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip);
  return match !== null && isIP(match[1]!) === 4 ? match[1]! : ip;
}
