import { CordwoodError } from '../base/errors.ts';
import type { ClockRow, HostsWorld, ShownHost, ZoneChange } from './contract.ts';
import { diagnose, readingIn } from './diagnosis.ts';
import type { HostRow } from './ledger.ts';
import { storedHosts } from './ledger-state.ts';
import { ZoneIndex } from './zone-index.ts';

/** All hosts of the ledger, with what is known about their clocks. */
export async function shownHosts(world: HostsWorld): Promise<ShownHost[]> {
  const [rows, zoneOf] = [await storedHosts(world.state), await readingIn(world.zones)];
  const index = new ZoneIndex([]);
  return rows.map(({ clock, ...row }) => {
    if (!clock) return row;
    const diagnosed = diagnose(row.host, clock, { readIn: zoneOf(row.host, clock), index });
    // If it sends timestamps both with and without an offset, the newer kind counts.
    const [latest] = diagnosed.toSorted((a, b) => (b.at ?? 0) - (a.at ?? 0));
    const skew = latest?.state === 'unsettled' ? undefined : latest?.skew;
    return { ...row, ...(skew !== undefined && { skew }), ...(latest && { zone: latest.zone }) };
  });
}

/** What the timestamps of hosts show about their clocks; of all hosts, if `hosts` is empty. */
export async function clockRows({ state, zones }: HostsWorld, hosts: readonly string[]): Promise<ClockRow[]> {
  const stored = await storedHosts(state);
  const zoneOf = await readingIn(zones);
  const set = (await zones.hosts.list()).flatMap(({ zone }) => zone ?? []);
  const index = new ZoneIndex([...new Set([...zones.named(), ...set])]);
  const wanted = hosts.length === 0 ? stored : stored.filter(({ host }) => hosts.includes(host));
  return wanted.flatMap((row) => rowsOf(row, zoneOf, index));
}

function rowsOf({ host, clock }: HostRow, zoneOf: Awaited<ReturnType<typeof readingIn>>, index: ZoneIndex): ClockRow[] {
  const readIn = zoneOf(host, clock);
  const rows = diagnose(host, clock ?? {}, { readIn, index });
  const unseen: ClockRow = { host, stamps: 'bare', ...readIn, state: 'unseen' };
  return readIn.set && !clock?.bare ? [unseen, ...rows] : rows;
}

/**
 * The likely zone of every row that has one.
 * @throws CordwoodError ERR_USAGE if a host in `named` has none
 */
export function likelyZones(rows: readonly ClockRow[], named: readonly string[]): ZoneChange[] {
  const found = rows.flatMap(({ host, likely, zone }) => (likely ? [{ host, before: zone, zone: likely }] : []));
  for (const host of named) {
    if (found.some((one) => one.host === host)) continue;
    const row = rows.find((one) => one.host === host);
    throw new CordwoodError('ERR_USAGE', `cannot set a zone for ${host}: ${whyNot(row)}`);
  }
  return found;
}

/**
 * The same `zone` for every host in `named`.
 * @throws CordwoodError ERR_USAGE if a host has no bare timestamps
 */
export function chosenZones(rows: readonly ClockRow[], named: readonly string[], zone: string): ZoneChange[] {
  return named.map((host) => {
    const row = rows.find((one) => one.host === host);
    if (row) return { host, before: row.zone, zone };
    throw new CordwoodError('ERR_USAGE', `cannot set a zone for ${host}: ${whyNot(row)}`);
  });
}

function whyNot(row: ClockRow | undefined): string {
  if (!row) {
    return 'all timestamps seen from it carry an offset; if that offset is wrong, set its clock and zone on the host';
  }
  switch (row.state) {
    case 'ok':
      return `its timestamps are right when read in ${row.zone}`;
    case 'off':
      return 'no zone explains its clock; set the clock there by NTP, or choose a zone with --zone';
    case 'unsettled':
      return 'it is behind, which delayed messages also look like; try again in a few minutes, or choose one with --zone';
    case 'unseen':
      return 'none of its timestamps has been seen yet; try again in a few minutes';
  }
}
