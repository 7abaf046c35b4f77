import type { SilentHost } from '../hosts/contract.ts';
import { type HostLedger, type Listening, silenceChanges } from '../hosts/index.ts';
import { isSilenced } from './delivery/silencing.ts';
import type { AlertWorld } from './evaluate/world.ts';
import { singleIncident } from './notices/incident.ts';
import { newNotice, type Notice } from './notices/notice.ts';
import { PendingNotices } from './pending.ts';

/** The rule that notices about silent hosts belong to; it is built in. */
export const SILENT_HOSTS = 'silent-hosts';
const STATE = 'hosts/silence';

export type SilentHostsOptions = {
  /** Recipients; if empty, silence only shows in `hosts --silent`. */
  readonly to: readonly string[];
  readonly severity: number;
};

/**
 * Silences that have been reported, and notices that are not in the outbox yet. The keys are a
 * stored format.
 */
type State = {
  readonly since: readonly (readonly [host: string, since: number])[];
  readonly number: number;
  readonly pending: readonly Notice[];
};

/** Turns changes of silence in the host ledger into notices. */
export class SilentHosts {
  readonly #world: AlertWorld;
  readonly #options: SilentHostsOptions;
  readonly #pending: PendingNotices<State>;

  /** @param onPosted called after a notice was put into the outbox */
  constructor(world: AlertWorld, options: SilentHostsOptions, onPosted: () => void) {
    this.#world = world;
    this.#options = options;
    this.#pending = new PendingNotices(world, STATE, onPosted);
  }

  /**
   * Reports silences that have begun or ended: one notice for all that began, and one for all hosts
   * that returned.
   */
  async judge(ledger: HostLedger, now: number, listening: Listening): Promise<void> {
    const entry = await this.#pending.read();
    const known = (entry?.value as State | undefined) ?? { since: [], number: 0, pending: [] };
    if (known.pending.length > 0) return this.#pending.post(known, entry!.revision);
    const { silences, begun, returned, ended } = silenceChanges(ledger, new Map(known.since), { now, listening });
    ledger.mark(silences);
    if (begun.length === 0 && !ended) return;
    const number = known.number + 1;
    const pending = [
      ...(begun.length > 0 ? [this.#notice('firing', begun, { number, now })] : []),
      ...(returned.length > 0 ? [this.#notice('resolved', returned, { number, now })] : []),
    ];
    const silenced = await isSilenced(this.#world, SILENT_HOSTS);
    await this.#pending.write(entry, { since: [...silences], number, pending: silenced ? [] : pending });
  }

  #notice(
    kind: 'firing' | 'resolved',
    silent: readonly SilentHost[],
    { number, now }: { readonly number: number; readonly now: number },
  ): Notice {
    const since = Math.min(now, ...silent.map(({ last }) => last ?? now));
    const id = `${SILENT_HOSTS}-${number}`;
    const keys = silent.map(({ host }) => [JSON.stringify([host]), 0] as const);
    return newNotice(`${id}.${kind}`, {
      kind,
      incident: singleIncident({ id, rule: SILENT_HOSTS, since, keys, total: 0 }, now),
      silent,
      severity: this.#options.severity,
      to: this.#options.to,
      at: now,
      foundAt: this.#world.now(),
      window: { from: since, to: now },
      condition: 'silent for longer than usual',
      query: '',
      by: ['hostname'],
    });
  }
}
