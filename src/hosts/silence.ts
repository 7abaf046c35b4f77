import type { SilentHost } from './contract.ts';
import type { HostLedger, HostRow } from './ledger.ts';
import type { Listening } from './listening.ts';
import { Rhythm } from './rhythm.ts';

/** Silent hosts by name, and since when each has been reported silent, ms. */
export type Silences = ReadonlyMap<string, number>;

export type SilenceChanges = {
  /** All hosts that are silent now. */
  readonly silences: Silences;
  readonly begun: readonly SilentHost[];
  /** Hosts that have sent again. */
  readonly returned: readonly SilentHost[];
  /** Whether any silence ended, by a message or because the host was retired. */
  readonly ended: boolean;
};

/** Compares the hosts that are silent now with those reported silent `before`. */
export function silenceChanges(
  ledger: HostLedger,
  before: Silences,
  { now, listening }: { readonly now: number; readonly listening: Listening },
): SilenceChanges {
  const rows = new Map(ledger.rows().map((row) => [row.host, row]));
  const silent = new Map(ledger.silent(now, listening).map((row) => [row.host, row]));
  // A time in which we were not listening ends no silence. A host is silent at a minute only if it sent
  // in none up to then: a message of that very minute came after it was judged.
  for (const [host, since] of before) {
    const row = rows.get(host);
    if (row && !row.retired && row.last < since) silent.set(host, row);
  }
  const ended = [...before].filter(([host]) => !silent.has(host));
  const returned = ended.flatMap(([host, since]) => {
    const row = rows.get(host);
    return row && row.last >= since ? [silentHost(row)] : [];
  });
  return {
    silences: new Map([...silent.keys()].map((host) => [host, before.get(host) ?? now])),
    begun: [...silent.values()].filter(({ host }) => !before.has(host)).map(silentHost),
    returned,
    ended: ended.length > 0,
  };
}

/** A host as notices of silence show it. */
export function silentHost({ host, first, last, messages, rhythm }: HostRow): SilentHost {
  const usual = new Rhythm(rhythm).usual(last, first);
  return { host, ...(messages > 0 && { last }), ...(usual !== undefined && { usual }) };
}
