import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { StoreState } from '../store/contract.ts';
import type { NodeReport } from './contract.ts';
import { reportNode } from './nodes.ts';

/** How long the last word may take, ms. */
const GOODBYE_MS = 2000;

export type HeartbeatOptions = {
  /** The namespace of nodes. */
  readonly state: StoreState;
  /** What there is to say now. */
  readonly report: () => Omit<NodeReport, 'stopped' | 'every'>;
  /** ms. */
  readonly every: number;
  readonly log: Logger;
};

/** Says in the store how this node fares, at once and then regularly; disposing of it says goodbye. */
export function startHeartbeat(options: HeartbeatOptions): AsyncDisposable {
  const { state, report, every, log } = options;
  const ended = new AbortController();
  let failed = false;
  const say = async (stopped: boolean): Promise<void> => {
    try {
      await reportNode(state, { ...report(), every, stopped });
      if (failed) log.info('the store hears of this node again');
      failed = false;
    } catch (error) {
      if (!failed) log.warn(`cannot tell the store how this node fares: ${reasonOf(error)}; trying again`);
      failed = true;
    }
  };
  const run = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await say(false);
      await sleep(every, undefined, { signal: ended.signal }).catch(() => {});
    }
  };
  const running = run();
  return {
    [Symbol.asyncDispose]: async () => {
      ended.abort();
      const goodbye = running.then(() => say(true));
      await Promise.race([goodbye, sleep(GOODBYE_MS, undefined, { ref: false })]);
    },
  };
}
