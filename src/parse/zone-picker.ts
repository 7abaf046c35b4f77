import { isIP } from 'node:net';
import { type Network, NetworkSet, parseNetwork, unmapIPv4, unmapNetwork } from '../base/ip.ts';
import type { Source } from '../model/message.ts';

/**
 * The zone of the senders in a network. `cidr` is `10.1.0.0/16`, `2001:db8::/32` or a single
 * address.
 */
export type ZoneEntry = { readonly cidr: string; readonly zone: string };

/** The zones of stamps without one: of the network, else of the listener, else `otherwise`. */
export type ZoneSettings = {
  readonly networks: readonly ZoneEntry[];
  /** Listener name → zone. */
  readonly listeners: Readonly<Record<string, string>>;
  readonly otherwise: string;
};

/**
 * The `zoneOf` of `createParser`: the zone of the longest network that contains the peer, else the
 * zone of its listener, else `otherwise`. @throws RangeError if a network is invalid
 */
export function zonePicker(settings: ZoneSettings): (source: Pick<Source, 'ip' | 'listener'>) => string {
  const table = zoneTable(settings.networks);
  const listeners = new Map(Object.entries(settings.listeners));
  return (source) => table(source.ip) ?? listeners.get(source.listener) ?? settings.otherwise;
}

/**
 * Returns a function that gives the zone of the longest network that contains an address. An
 * IPv4-mapped IPv6 address counts as IPv4. @throws RangeError if a network is invalid
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
