import type { Accounting } from '../account/index.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';

/** How often the door is looked at, ms: drops of the last second at most are lost with a process that is killed. */
const LOOK_MS = 1000;

export type Watching = AsyncDisposable & {
  /** These listeners are open; an earlier run received something at `lastArrival` (ms) still. */
  begin(listeners: readonly string[], lastArrival: number): void;
};

/** Has the account take down what happens at the door, once a second from `begin` on, and a last time at the end. */
export function keepWatch(account: Accounting, log: Logger): Watching {
  const { watch } = account;
  let failing = false;
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
      failing = false;
    } catch (error) {
      if (!failing) log.error(`cannot write down what the listeners dropped: ${reasonOf(error)}; trying again`);
      failing = true;
    }
  };
  const look = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    await attempt(() => watch.look());
    busy = false;
  };
  return {
    begin(listeners, lastArrival) {
      void attempt(() => watch.listening(listeners, lastArrival));
      timer ??= setInterval(() => void look(), LOOK_MS);
    },
    async [Symbol.asyncDispose]() {
      if (timer === undefined) return;
      clearInterval(timer);
      await attempt(() => account.end());
    },
  };
}
