import { isDeepStrictEqual } from 'node:util';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Settings } from '../config/index.ts';
import type { Signals } from './signals.ts';

export type ReloadParts = {
  readonly signals: Pick<Signals, 'onHangup'>;
  /** What runs now. */
  readonly settings: Settings;
  /** Reads and checks the configuration. @throws CordwoodError that names everything wrong with it */
  readonly read: () => Promise<Settings>;
  /** Puts it to use. */
  readonly apply: (settings: Settings) => Promise<void>;
  readonly log: Logger;
  /** Told before and after. */
  readonly told?: (reloading: boolean) => Promise<void>;
};

/** What a running server keeps, whatever the configuration says meanwhile. */
const FIXED = ['data', 'store', 'spool'] as const;

/**
 * On SIGHUP, puts the configuration as it reads now to use; one that cannot be used is refused, and the old one goes on.
 * A signal in mid-reload has one more follow. Disposing of it waits for the reload under way.
 */
export function reloadOnHangup(parts: ReloadParts): AsyncDisposable {
  let { settings } = parts;
  let asked = false;
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    while (asked) {
      asked = false;
      await parts.told?.(true);
      settings = (await reloaded(settings, parts)) ?? settings;
      await parts.told?.(false);
    }
    running = undefined;
  };
  parts.signals.onHangup(() => {
    asked = true;
    running ??= run();
  });
  return {
    [Symbol.asyncDispose]: async () => {
      parts.signals.onHangup(() => {});
      await running;
    },
  };
}

/** @returns the settings that run now; undefined where the new ones were refused */
async function reloaded(old: Settings, { read, apply, log }: ReloadParts): Promise<Settings | undefined> {
  try {
    const next = await read();
    for (const key of FIXED) {
      if (isDeepStrictEqual(old[key], next[key])) continue;
      log.warn({ key }, `cannot change ${key} while the server runs: the old value goes on; restart to change it`);
    }
    const { data, dataFrom, store, spool } = old;
    const settings: Settings = { ...next, data, dataFrom, store, spool };
    await apply(settings);
    log.info({ file: settings.file }, 'the configuration was read again');
    return settings;
  } catch (error) {
    const [first, ...problems] = reasonOf(error).split('\n');
    log.error({ problems: problems.map((line) => line.trim()) }, `${first}; the old one goes on`);
    return undefined;
  }
}
