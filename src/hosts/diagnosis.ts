import { MINUTE } from '../base/units.ts';
import { offsetAt } from '../base/zone.ts';
import { type HostClock, isSteady, leadOf, type Stamps } from './clocks.ts';
import type { ClockRow, StampZones } from './contract.ts';
import type { ZoneIndex } from './zone-index.ts';

const QUARTER = 15 * MINUTE;
/** A clock that is off by more than this is wrong, ms. */
const WRONG_MS = MINUTE;
/** A zone explains a skew that is this close to it, ms. */
const NEAR_MS = 2 * MINUTE;
/** Zones that are listed beside the likely one. */
const MAX_OTHERS = 3;

/** The zone that timestamps of a host are read in, and whether it was set for that host. */
export type ReadIn = { readonly zone: string; readonly set: boolean };

type Zones = { readonly readIn: ReadIn; readonly index: ZoneIndex };

/**
 * What a host's timestamps show about its clock: one row for bare timestamps, one for those with an
 * offset.
 */
export function diagnose(host: string, clock: HostClock, zones: Zones): ClockRow[] {
  const rows: ClockRow[] = [];
  if (clock.bare) rows.push(diagnoseBare(host, clock.bare, zones));
  if (clock.sent) rows.push(diagnoseSent(host, clock.sent));
  return rows;
}

function diagnoseBare(host: string, stamps: Stamps, { readIn: { zone, set }, index }: Zones): ClockRow {
  // The zone itself may have changed its offset since the first sample, so each sample uses the
  // offset of its time.
  const skews = stamps.samples.map(([then, lead]) => lead - offsetAt(then, zone));
  const [at] = stamps.samples.at(-1)!;
  const skew = leadOf(skews);
  const lead = skew + offsetAt(at, zone);
  const row = { host, stamps: 'bare' as const, zone, set, skew, at, state: stateOf(skew, skews) };
  if (row.state !== 'off') return row;
  const offset = Math.round(lead / QUARTER) * QUARTER;
  const near = Math.abs(lead - offset) <= NEAR_MS && offset !== offsetAt(at, zone);
  const [likely, ...others] = near ? index.zones(offset, at) : [];
  if (likely === undefined) return { ...row, cause: 'clock' };
  return { ...row, cause: 'zone', likely, others: others.slice(0, MAX_OTHERS), left: lead - offset };
}

function diagnoseSent(host: string, { samples, offset }: NonNullable<HostClock['sent']>): ClockRow {
  const leads = samples.map(([, lead]) => lead);
  const skew = leadOf(leads);
  const row = {
    host,
    stamps: 'offset' as const,
    zone: offsetName(offset),
    set: false,
    skew,
    at: samples.at(-1)![0],
    state: stateOf(skew, leads),
  };
  if (row.state !== 'off') return row;
  const quarters = Math.round(skew / QUARTER) * QUARTER;
  return { ...row, cause: quarters !== 0 && Math.abs(skew - quarters) <= NEAR_MS ? 'offset' : 'clock' };
}

/** One sample proves that a clock is ahead: nothing arrives before it is sent. */
function stateOf(skew: number, leads: readonly number[]): ClockRow['state'] {
  if (Math.abs(skew) < WRONG_MS) return 'ok';
  return isSteady(leads) || (leads.length === 1 && skew > 0) ? 'off' : 'unsettled';
}

/** `+05:30`. */
function offsetName(minutes: number): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}

/**
 * Which zone a host's bare timestamps are read in: the one set for it, or the one that the
 * configuration gives it.
 */
export async function readingIn(zones: StampZones): Promise<(host: string, clock: HostClock | undefined) => ReadIn> {
  const set = new Map((await zones.hosts.list()).flatMap(({ host, zone }) => (zone ? [[host, zone] as const] : [])));
  return (host, clock) => {
    const own = set.get(host);
    return { zone: own ?? (clock?.bare ? zones.of(clock.bare.sender) : 'UTC'), set: own !== undefined };
  };
}
