import { openCoverage, readAccount } from '../account/index.ts';
import type { Coverage } from '../account/contract.ts';
import type { DigestFacts } from '../alert/contract.ts';
import { type AnswerContext, digestFacts } from '../ask/index.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import { knownNodes, type OtherNodes, readReports } from '../cluster/index.ts';
import { retentionOf, type Settings } from '../config/index.ts';
import { lastIdOf } from '../model/id.ts';
import type { StoreReader } from '../store/contract.ts';
import { holdsOf } from '../store/index.ts';
import { alertServices } from './alerting.ts';
import { storeOf } from './stores.ts';

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

export type Answering = {
  readonly context: AnswerContext;
  readonly coverage: Coverage;
  /** What digests report besides alerts. */
  readonly facts: DigestFacts;
};

/** Opens the store of the settings for reading. @throws CordwoodError */
export async function openStoreReader(settings: Settings, now: Clock, log?: Logger): Promise<StoreReader> {
  const { openReader } = await storeOf(settings);
  return await openReader({ ...retentionOf(settings), folder: settings.data, now, ...(log && { log }) });
}

/** Makes what questions are answered from, beside a running server and without one. */
export function openAnswering(parts: AnsweringParts): Answering {
  const { settings, store, visible, shown, clock, log } = parts;
  const state = (name: string) => store.state(name);
  const nodes = () => knownNodes(state('nodes'));
  const coverage = openCoverage({ state, nodes, now: clock, ...parts.coverage });
  const facts = digestFacts(() => context);
  const context: AnswerContext = {
    store,
    holds: holdsOf(store),
    retention: () => retentionOf(settings()),
    now: parts.now,
    visible,
    shown,
    changed: parts.changed,
    status: parts.status,
    ...alertServices(settings, { store, visible, coverage, now: clock, facts, log }),
    nodes: async () => (await readReports(state('nodes'))).map(({ report }) => report),
    coverage,
    account: async (window) => readAccount({ state, nodes: await nodes(), window, now: parts.now(), ...parts.account }),
  };
  return { context, coverage, facts };
}

export type Positions = {
  /** Ids up to which everything is stored, one for each node. */
  readonly visible: () => readonly string[];
  /** The same, but with all messages of nodes that are silent. */
  readonly shown: () => readonly string[];
};

/**
 * How far all nodes have stored.
 * @param own how far the node of this data folder has; undefined if it has none
 * @param others the other nodes that may run, or the numbers of those that have ended: they store nothing more
 */
export function positionsOf(own: () => string | undefined, others: OtherNodes | readonly number[]): Positions {
  const withOwn = (positions: (end: string | undefined) => readonly string[]) => (): readonly string[] => {
    const end = own();
    return [...positions(end), ...(end === undefined ? [] : [end])];
  };
  if ('visible' in others) {
    return { visible: withOwn((end) => others.visible(end)), shown: withOwn((end) => others.shown(end)) };
  }
  const ended = withOwn(() => others.map(lastIdOf));
  return { visible: ended, shown: ended };
}
