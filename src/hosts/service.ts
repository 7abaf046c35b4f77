import { unknownName } from '../base/text/nearest.ts';
import { hostCensus } from './census.ts';
import { chosenZones, clockRows, likelyZones, shownHosts } from './clock-report.ts';
import type { HostsService, HostsWorld, ZoneChange } from './contract.ts';
import { readingIn } from './diagnosis.ts';
import { addOrder, storedHosts } from './ledger-state.ts';

/** Hosts that an error message lists. */
const MAX_NAMED = 20;

/** Answers from and changes the state of the host ledger, beside the process that keeps it. */
export function createHostsService(world: HostsWorld): HostsService {
  const { state, zones } = world;
  const checkNames = async (names: readonly string[]): Promise<void> => {
    const known = new Set((await storedHosts(state)).map(({ host }) => host));
    for (const name of names) if (!known.has(name)) throw unknownName('host', name, [...known].slice(0, MAX_NAMED));
  };
  const clocks = async (hosts: readonly string[]) => {
    await checkNames(hosts);
    return clockRows(world, hosts);
  };
  return {
    list: () => shownHosts(world),
    names: async () => (await storedHosts(state)).map(({ host }) => host),
    census: () => hostCensus(world),
    expect: (expect, within) => addOrder(state, { expect, ...(within !== undefined && { within }) }),
    async retire(retire) {
      await checkNames([retire]);
      await addOrder(state, { retire });
    },
    clocks,
    async setZones(hosts, zone) {
      const rows = (await clocks(hosts)).filter(({ stamps }) => stamps === 'bare');
      const changes = zone === undefined ? likelyZones(rows, hosts) : chosenZones(rows, hosts, zone);
      await zones.hosts.set(new Map(changes.map((one) => [one.host, one.zone])));
      return changes;
    },
    async unsetZones(hosts) {
      const set = (await zones.hosts.list()).filter((one) => one.zone !== undefined);
      const names = set.map(({ host }) => host);
      for (const host of hosts) if (!names.includes(host)) throw unknownName('zone set for the host', host, names);
      const rows = new Map((await storedHosts(state)).map((row) => [row.host, row]));
      const before = await readingIn(zones);
      const changes = hosts.map((host): ZoneChange => {
        const sender = rows.get(host)?.clock?.bare?.sender;
        return { host, before: before(host, undefined).zone, zone: sender ? zones.of(sender) : 'the configuration' };
      });
      await zones.hosts.set(new Map(hosts.map((host) => [host, undefined])));
      return changes;
    },
  };
}
