import { DAY } from '../base/units.ts';
import { type HostLedger, type Listening, relayListener } from '../hosts/index.ts';
import { isSilenced } from './delivery/silencing.ts';
import type { AlertWorld } from './evaluate/world.ts';
import { singleIncident } from './notices/incident.ts';
import { type AwayRelay, newNotice, type Notice } from './notices/notice.ts';
import { PendingNotices } from './pending.ts';
import { AWAY_RELAYS, type AwayState, isAway, isBack, NONE_AWAY, relaysIn } from './relay-presence.ts';
import type { SilentHostsOptions } from './silent-hosts.ts';

/** The rule that notices about relays belong to; it is built in. */
export const SILENT_RELAYS = 'silent-relays';
/** How long the end of an absence is remembered, ms: no silence is judged from further back. */
const REMEMBERED = 31 * DAY;

/**
 * Reports a relay that is away, in one notice with the number of hosts behind it, and that it is back. The hosts
 * themselves are not reported silent meanwhile.
 */
export class AwayRelays {
  readonly #world: AlertWorld;
  readonly #options: SilentHostsOptions;
  readonly #pending: PendingNotices<AwayState>;

  /** @param onPosted called after a notice was put into the outbox */
  constructor(world: AlertWorld, options: SilentHostsOptions, onPosted: () => void) {
    this.#world = world;
    this.#options = options;
    this.#pending = new PendingNotices(world, AWAY_RELAYS, onPosted);
  }

  async judge(ledger: HostLedger, now: number, listening: Listening): Promise<void> {
    const reports = (await this.#world.relays?.()) ?? [];
    if (reports.length === 0) return;
    const entry = await this.#pending.read();
    const known = (entry?.value as AwayState | undefined) ?? NONE_AWAY;
    if (known.pending.length > 0) return this.#pending.post(known, entry!.revision);
    const before = new Map(known.away);
    const all = relaysIn(reports);
    const gone = all.filter((one) => !before.has(one.relay) && isAway(one, now, listening));
    const returned = all.filter((one) => before.has(one.relay) && isBack(one, now));
    const forgotten = [...before.keys()].filter((relay) => !all.some((one) => one.relay === relay));
    if (gone.length + returned.length + forgotten.length === 0) return;
    for (const relay of [...returned.map((one) => one.relay), ...forgotten]) before.delete(relay);
    const shown = (one: (typeof all)[number], since: number): AwayRelay => ({
      relay: one.relay,
      ...(one.host !== undefined && { host: one.host }),
      since,
      hosts: hostsBehind(ledger, one.relay),
    });
    const sinceOf = new Map(known.away);
    const number = known.number + 1;
    const notices = [
      ...gone.map((one) => this.#notice('firing', shown(one, one.beatAt), { number, now })),
      ...returned.map((one) => this.#notice('resolved', shown(one, sinceOf.get(one.relay)!), { number, now })),
    ];
    const back = new Map(known.back.filter(([, at]) => now - at < REMEMBERED));
    for (const { relay } of returned) back.set(relay, now);
    const away = [...before, ...gone.map(({ relay, beatAt }) => [relay, beatAt] as const)];
    const silenced = await isSilenced(this.#world, SILENT_RELAYS);
    await this.#pending.write(entry, { away, back: [...back], number, pending: silenced ? [] : notices });
  }

  #notice(
    kind: 'firing' | 'resolved',
    away: AwayRelay,
    { number, now }: { readonly number: number; readonly now: number },
  ): Notice {
    const id = `${SILENT_RELAYS}-${number}-${away.relay}`;
    const keys = [[JSON.stringify([away.relay]), 0] as const];
    return newNotice(`${id}.${kind}`, {
      kind,
      incident: singleIncident({ id, rule: SILENT_RELAYS, since: away.since, keys, total: 0 }, now),
      away,
      severity: this.#options.severity,
      to: this.#options.to,
      at: now,
      foundAt: this.#world.now(),
      window: { from: Math.min(away.since, now), to: now },
      condition: 'no report of a relay',
      query: '',
      by: [],
    });
  }
}

function hostsBehind(ledger: HostLedger, relay: string): number {
  return ledger.rows().filter(({ listeners }) => listeners?.includes(relayListener(relay))).length;
}
