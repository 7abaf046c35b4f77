import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HostCensus, HostsWorld } from './contract.ts';
import { diagnose, readingIn } from './diagnosis.ts';
import type { HostRow } from './ledger.ts';
import { storedHosts } from './ledger-state.ts';
import { ZoneIndex } from './zone-index.ts';

/** Hosts that are looked at before other work of the thread gets its turn. */
const AT_ONCE = 100;

/** Counts the hosts of the ledger by state, and wrong clocks by cause; a full ledger does not hold up the thread. */
export async function hostCensus({ state, zones }: Pick<HostsWorld, 'state' | 'zones'>): Promise<HostCensus> {
  const rows = await storedHosts(state);
  const zoneOf = await readingIn(zones);
  const set = (await zones.hosts.list()).flatMap(({ zone }) => zone ?? []);
  const index = new ZoneIndex([...new Set([...zones.named(), ...set])]);
  const states = { heard: 0, silent: 0, awaited: 0, retired: 0 };
  const wrong = { zone: 0, offset: 0, clock: 0 };
  for (const [at, row] of rows.entries()) {
    if (at % AT_ONCE === 0) await nextTurn();
    states[stateOf(row)]++;
    if (!row.clock) continue;
    const found = diagnose(row.host, row.clock, { readIn: zoneOf(row.host, row.clock), index });
    for (const { state: clock, cause = 'clock' } of found) if (clock === 'off') wrong[cause]++;
  }
  return { states, wrong };
}

function stateOf({ retired, silentSince, messages }: HostRow): keyof HostCensus['states'] {
  if (retired) return 'retired';
  if (silentSince !== undefined) return 'silent';
  return messages === 0 ? 'awaited' : 'heard';
}
