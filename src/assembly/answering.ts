import { openCoverage, readAccount } from '../account/index.ts';
import type { Coverage } from '../account/contract.ts';
import type { DigestFacts } from '../alert/contract.ts';
import { createForwardService } from '../forward/index.ts';
import { type AnswerContext, digestFacts, inTurns, savedSearches } from '../ask/index.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { knownNodes, readKnownNodes, readRelays } from '../cluster/index.ts';
import { retentionOf, type Settings } from '../config/index.ts';
import type { StoreReader } from '../store/contract.ts';
import { holdsOf } from '../store/index.ts';
import { alertServices } from './alerting.ts';

export type AnsweringParts = Pick<AnswerContext, 'visible' | 'changed' | 'status' | 'now'> & {
  /** The settings now: a reload changes them. */
  readonly settings: () => Settings;
  readonly store: StoreReader;
  readonly shown: () => readonly string[];
  /** The clock of rules and of the coverage log: the database's, if it has one. */
  readonly clock: Clock;
  /** What the coverage log must know of the receiver of this data folder. */
  readonly coverage: Pick<Parameters<typeof openCoverage>[0], 'running' | 'lastArrival'>;
  /** What the account must know of it: counters of a running server, or what waits in the spool. */
  readonly account: Pick<Parameters<typeof readAccount>[0], 'node' | 'counters' | 'waiting'>;
  readonly log: Logger;
};

/** Makes what questions are answered from, in a running server and without one; `facts` is what digests report besides. */
export function openAnswering(parts: AnsweringParts): {
  context: AnswerContext;
  coverage: Coverage;
  facts: DigestFacts;
} {
  const { settings, store, visible, shown, clock, log } = parts;
  const state = (name: string) => store.state(name);
  const nodes = () => knownNodes(state('nodes'));
  const known = async () => ({ state, nodes: await nodes(), relays: await readRelays(state) });
  const coverage = openCoverage({ state, nodes, now: clock, ...parts.coverage });
  const facts = digestFacts(() => context);
  const context: AnswerContext = {
    store: inTurns(store),
    holds: holdsOf(store),
    retention: () => retentionOf(settings()),
    now: parts.now,
    visible,
    shown,
    changed: parts.changed,
    status: parts.status,
    ...alertServices(settings, { store, visible, coverage, now: clock, facts, log }),
    nodes: () => readKnownNodes(state),
    coverage,
    forwards: createForwardService(state, settings, parts.now),
    searches: savedSearches(() => state('searches')),
    account: async (window) => readAccount({ ...(await known()), window, now: parts.now(), ...parts.account }),
  };
  return { context, coverage, facts };
}
