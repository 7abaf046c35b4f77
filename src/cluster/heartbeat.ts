import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import { Poller } from '../base/poller.ts';
import { SECOND } from '../base/units.ts';
import { idOf } from '../model/id.ts';
import type { VisibleCell } from '../model/visible.ts';
import type { StoreState } from '../store/contract.ts';
import type { NodeReport } from './contract.ts';
import { reportNode } from './nodes.ts';

/** How long the last report may delay a shutdown, ms. */
const LAST_REPORT_MS = 2 * SECOND;

export type HeartbeatOptions = {
  /** The namespace `NODES`. */
  readonly state: StoreState;
  /** Makes the next report. */
  readonly report: () => Omit<NodeReport, 'stopped' | 'every'>;
  /** Interval between reports, ms. */
  readonly every: number;
  readonly log: Logger;
};

/**
 * Reports this node to the store at once and then regularly; disposing of it reports that the node
 * has stopped.
 */
export function startHeartbeat({ state, report, every, log }: HeartbeatOptions): AsyncDisposable {
  const send = (stopped: boolean): Promise<void> => reportNode(state, { ...report(), every, stopped });
  const poller = new Poller({
    work: () => send(false),
    everyMs: every,
    immediately: true,
    onFailure: (reason) => log.warn(`cannot report this node to the store: ${reason}; trying again`),
    onRecovery: () => log.info('node reports reach the store again'),
  });
  return {
    [Symbol.asyncDispose]: async () => {
      const stopped = poller[Symbol.asyncDispose]().then(() => poller.attempt(() => send(true)));
      await Promise.race([stopped, sleep(LAST_REPORT_MS, undefined, { ref: false })]);
    },
  };
}

/** Makes the report of this node. */
export function nodeReport(parts: {
  readonly node: number;
  readonly version: string;
  readonly startedAt: number;
  readonly visible: VisibleCell;
  readonly counters: Counters;
}): Omit<NodeReport, 'stopped' | 'every'> {
  const { visible, counters, ...identity } = parts;
  const { position, clusterTime } = visible;
  return {
    ...identity,
    host: hostname(),
    heartbeatAt: Date.now(),
    ...(position && { visible: idOf(position) }),
    ...(clusterTime > 0n && { reached: String(clusterTime) }),
    counters: Object.fromEntries(Object.entries(counters.snapshot()).filter(([, value]) => value !== 0)),
  };
}
