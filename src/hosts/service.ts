import { unknownName } from '../base/text/nearest.ts';
import { SECOND } from '../base/units.ts';
import { hostCensus } from './census.ts';
import { chosenZones, clockRows, likelyZones, shownHosts } from './clock-report.ts';
import type { HostsService, HostsWorld, ZoneChange } from './contract.ts';
import { readingIn } from './diagnosis.ts';
import { addOrder, storedHosts } from './ledger-state.ts';

/** Hosts that an error message lists. */
const MAX_NAMED = 20;
/** Names are read again after so long, ms: reading a large ledger takes longer than a person who completes one waits. */
const NAMES_MS = 30 * SECOND;

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
  let known: { readonly at: number; readonly names: Promise<readonly string[]> } | undefined;
  const names = (): Promise<readonly string[]> => {
    const at = performance.now();
    if (!known || at - known.at > NAMES_MS) {
      known = { at, names: storedHosts(state).then((rows) => rows.map(({ host }) => host)) };
      known.names.catch(() => {
        known = undefined;
      });
    }
    return known.names;
  };
  return {
    list: () => shownHosts(world),
    names,
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
