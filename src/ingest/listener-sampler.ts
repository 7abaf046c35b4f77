import type { Accounting } from '../account/index.ts';
import type { Logger } from '../base/log.ts';
import { Poller } from '../base/poller.ts';

/** Interval between samples, ms: a process that is killed loses the drops of this time at most. */
const SAMPLE_MS = 1000;

export type ListenerSampler = AsyncDisposable & {
  /** Call it when listeners were opened or have changed. */
  begin(listening: OpenListeners): void;
};

/** Which listeners are open, since when (ms), and when an earlier run received its last message (ms). */
export type OpenListeners = {
  readonly listeners: readonly string[];
  readonly since: number;
  readonly lastArrival: number;
};

/**
 * Records what the listeners drop in the account, once a second from `begin` on, and a last time
 * when disposed of.
 */
export function startListenerSampler(account: Pick<Accounting, 'coverage' | 'end'>, log: Logger): ListenerSampler {
  const { coverage } = account;
  let poller: Poller | undefined;
  let begun: OpenListeners | undefined;
  const recordBegin = async (): Promise<void> => {
    const recorded = begun;
    if (!recorded) return;
    await coverage.listening(recorded.listeners, recorded.lastArrival, recorded.since);
    if (begun === recorded) begun = undefined;
  };
  const sample = async (): Promise<void> => {
    // First record when we were last alive: a sample says that we are alive now.
    await recordBegin();
    await coverage.sample();
  };
  return {
    begin(listening) {
      begun = listening;
      poller?.wake();
      poller ??= new Poller({
        work: sample,
        everyMs: SAMPLE_MS,
        immediately: true,
        onFailure: (reason) => log.error(`cannot record what the listeners dropped: ${reason}; trying again`),
      });
    },
    async [Symbol.asyncDispose]() {
      const last = poller?.attempt(async () => {
        await recordBegin();
        await account.end();
      });
      // Not one after the other: a store that is away would delay the shutdown twice.
      await Promise.all([poller?.[Symbol.asyncDispose](), last]);
    },
  };
}
