import { isIP } from 'node:net';
import { type Network, NetworkSet, parseNetwork, unmapIPv4, unmapNetwork } from '../base/ip.ts';
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
    const address = unmapIPv4(ip);
    const family = isIP(address);
    if (family === 0) return undefined;
    return networks.find((entry) => entry.family === family && entry.set.has(address))?.name;
  };
}

function network(cidr: string): Network & { readonly set: NetworkSet } {
  const written = parseNetwork(cidr);
  const unmapped = written && unmapNetwork(written);
  if (!unmapped)
    throw new RangeError(`cannot read network ${cidr}: write an address or CIDR, as in 10.1.0.0/16 or 2001:db8::/32`);
  return { ...unmapped, set: new NetworkSet([unmapped]) };
}
