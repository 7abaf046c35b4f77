import type { Accounting } from '../account/index.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';

/** How often the door is looked at, ms: drops of the last second at most are lost with a process that is killed. */
const LOOK_MS = 1000;

export type ListenerSampler = AsyncDisposable & {
  /** These listeners are open, since then (ms); an earlier run received something at `lastArrival` (ms) still. */
  begin(listening: OpenListeners): void;
};

export type OpenListeners = {
  readonly listeners: readonly string[];
  readonly since: number;
  readonly lastArrival: number;
};

/** Has the account take down what happens at the door, once a second from `begin` on, and a last time at the end. */
export function startListenerSampler(account: Pick<Accounting, 'watch' | 'end'>, log: Logger): ListenerSampler {
  const { watch } = account;
  let failing = false;
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  let begun: OpenListeners | undefined;
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
      failing = false;
    } catch (error) {
      if (!failing) log.error(`cannot write down what the listeners dropped: ${reasonOf(error)}; trying again`);
      failing = true;
    }
  };
  const tell = async (): Promise<void> => {
    const told = begun;
    if (!told) return;
    await watch.listening(told.listeners, told.lastArrival, told.since);
    if (begun === told) begun = undefined;
  };
  const look = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    await attempt(async () => {
      // First, when we were last alive: looking says that we are.
      await tell();
      await watch.look();
    });
    busy = false;
  };
  return {
    begin(listening) {
      begun = listening;
      void look();
      timer ??= setInterval(() => void look(), LOOK_MS);
    },
    async [Symbol.asyncDispose]() {
      if (timer === undefined) return;
      clearInterval(timer);
      await attempt(async () => {
        await tell();
        await account.end();
      });
    },
  };
}
