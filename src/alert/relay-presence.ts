import type { RelayReport } from '../cluster/contract.ts';
import { type Listening, listeningSince, relayListener } from '../hosts/index.ts';
import { MINUTE, SECOND } from '../base/units.ts';
import type { StoreState } from '../store/contract.ts';
import type { Notice } from './notices/notice.ts';

/** A relay without a beat for this long may be away, ms: the silence of hosts behind it is not judged. */
const DOUBT_MS = 30 * SECOND;
/** A relay without a beat for this long is reported, ms: a connection may take a minute to come back. */
const AWAY_MS = 3 * MINUTE;
/** A relay whose messages are older than this still sends what waited while it was away, ms. */
const CAUGHT_UP_MS = MINUTE;

/** Where the state of alerts has which relays are away, and have been. The keys are a stored format. */
export const AWAY_RELAYS = 'relays/away';
export type AwayState = {
  /** Relays that have been reported away, and the time of their last beat, ms. */
  readonly away: readonly (readonly [relay: string, since: number])[];
  /** When the last absence of each other relay ended, ms. */
  readonly back: readonly (readonly [relay: string, at: number])[];
  readonly number: number;
  readonly pending: readonly Notice[];
};
export const NONE_AWAY: AwayState = { away: [], back: [], number: 0, pending: [] };

/** A relay, whatever it forwards under which name: its latest beat, and how far it is behind, ms. */
type Relay = { readonly relay: string; readonly host?: string; readonly beatAt: number; readonly behind: number };

/** The relays that have ever sent a beat. */
export function relaysIn(reports: readonly RelayReport[]): Relay[] {
  const known = Map.groupBy(reports, ({ relay }) => relay);
  return [...known].flatMap(([relay, own]) => {
    const latest = own.reduce((a, b) => ((b.beatAt ?? 0) > (a.beatAt ?? 0) ? b : a));
    const { beatAt, behind = 0, host } = latest;
    return beatAt === undefined ? [] : [{ relay, beatAt, behind, ...(host !== undefined && { host }) }];
  });
}

/** Whether a relay is to be reported away. A time in which we were not listening does not count. */
export function isAway({ beatAt }: Relay, now: number, listening: Listening): boolean {
  return now - Math.max(beatAt, listeningSince(listening.stretches, now)) > AWAY_MS;
}

/** Whether a relay that was away is back, and has sent what waited meanwhile. */
export function isBack({ beatAt, behind }: Relay, now: number): boolean {
  return now - beatAt <= DOUBT_MS + MINUTE && behind <= CAUGHT_UP_MS;
}

/** Makes `listened` of a world with relays. @param state the namespace of alerts */
export function listenedWithRelays(
  listened: (now: number) => Promise<Listening>,
  state: StoreState,
  relays: () => Promise<readonly RelayReport[]>,
): (now: number) => Promise<Listening> {
  return async (now) => {
    const known = ((await state.get(AWAY_RELAYS))?.value as AwayState | undefined) ?? NONE_AWAY;
    return withRelays(await listened(now), relaysIn(await relays()), { ...known, now });
  };
}

/**
 * When we were listening, with each relay as a listener of the hosts behind it: it is closed while the relay may be away,
 * and open since it came back.
 */
function withRelays(
  listening: Listening,
  relays: readonly Relay[],
  { away, back, now }: Pick<AwayState, 'away' | 'back'> & { readonly now: number },
): Listening {
  if (relays.length === 0) return listening;
  const reported = new Set(away.map(([relay]) => relay));
  const since = new Map(back);
  const open = new Map(listening.open);
  for (const { relay, beatAt, behind } of relays) {
    const begun = Math.max(beatAt, listeningSince(listening.stretches, now));
    const isClosed = reported.has(relay) || now - begun > DOUBT_MS || behind > CAUGHT_UP_MS;
    open.set(relayListener(relay), isClosed ? undefined : (since.get(relay) ?? 0));
  }
  return { ...listening, open };
}
