import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../base/log.ts';
import { Poller } from '../base/poller.ts';
import { DAY, MINUTE, SECOND } from '../base/units.ts';
import type { RelayReport } from '../cluster/contract.ts';
import { reportRelays } from '../cluster/index.ts';
import { arrivalOf } from '../model/id.ts';
import type { Origin } from '../pipeline/index.ts';
import type { StoreState } from '../store/contract.ts';

/** Interval between reports, ms. */
const EVERY_MS = 5 * SECOND;
/** A relay that was last heard before this is not reported any more, ms. */
const KEEP_MS = 30 * DAY;
/** The most relays that are reported: those that were heard last. */
const MAX_RELAYS = 2000;
/** A clock that is further off is warned of once, ms. */
const MAX_LEAD = MINUTE;

export type RelayReportsParts = {
  /** The namespace `RELAYS`. */
  readonly state: StoreState;
  readonly node: number;
  readonly origins: () => readonly Origin[];
  readonly log: Logger;
};

/** Writes regularly, and a last time when disposed of, what is known of the servers that forward here. */
export function startRelayReports({ state, node, origins, log }: RelayReportsParts): AsyncDisposable {
  let written: readonly RelayReport[] = [];
  const wrong = new Set<string>();
  const report = async (): Promise<void> => {
    const reports = reportsOf(origins());
    if (isDeepStrictEqual(reports, written)) return;
    for (const one of reports) warnOfClock(one, wrong, log);
    await reportRelays(state, node, reports);
    written = reports;
  };
  const poller = new Poller({
    work: report,
    everyMs: EVERY_MS,
    onFailure: (reason) => log.warn(`cannot report the relays to the store: ${reason}; trying again`),
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await poller[Symbol.asyncDispose]();
      await poller.attempt(report);
    },
  };
}

function warnOfClock({ relay, lead = 0 }: RelayReport, wrong: Set<string>, log: Logger): void {
  const isWrong = Math.abs(lead) > MAX_LEAD;
  if (isWrong && !wrong.has(relay)) {
    const text = 'the clock of a relay is more than a minute off, or its messages are late; check its time service';
    log.warn({ relay, ahead_ms: lead }, text);
  }
  if (isWrong) wrong.add(relay);
  else wrong.delete(relay);
}

function reportsOf(origins: readonly Origin[]): RelayReport[] {
  const newest = origins.reduce((max, { heardAt }) => Math.max(max, heardAt), 0);
  const recent = origins.filter(({ heardAt }) => newest - heardAt < KEEP_MS);
  return recent
    .toSorted((a, b) => b.heardAt - a.heardAt)
    .slice(0, MAX_RELAYS)
    .map(reportOf);
}

function reportOf({ peer: relay, from, taken, again, heardAt, beat, beatAt, missing, setBackAt }: Origin): RelayReport {
  return {
    ...{ relay, from, heardAt, taken, again },
    ...(setBackAt !== undefined && { setBackAt }),
    ...(beat && beatAt !== undefined && { beatAt, lead: beat.at - beatAt, behind: behindOf(beat) }),
    ...(beat && { host: beat.host, version: beat.version, waiting: beat.waiting, sent: beat.sent }),
    ...(beat && { missing: missing ?? 0, lost: beat.lost, cut: beat.cut, dead: beat.dead }),
  };
}

/** How much older the last message that was sent is than the newest that is stored there, ms; 0 if none waits. */
function behindOf({ waiting, visible, last }: NonNullable<Origin['beat']>): number {
  if (waiting === 0 || last === undefined) return 0;
  return Math.max(0, arrivalOf(visible) - arrivalOf(last));
}
