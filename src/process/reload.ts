import { isDeepStrictEqual } from 'node:util';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Signals } from './signals.ts';

export type ReloadParts<Settings> = {
  readonly signals: Pick<Signals, 'onHangup'>;
  /** The current settings. */
  readonly settings: Settings;
  /** Settings that only a restart changes, each with the others that depend on it. */
  readonly fixed: readonly (readonly (keyof Settings & string)[])[];
  /** Reads and checks the configuration. @throws CordwoodError that names everything wrong with it */
  readonly read: () => Promise<Settings>;
  /** Puts settings to use. */
  readonly apply: (settings: Settings) => Promise<void>;
  readonly log: Logger;
  /** Called with true before a reload and with false after it. */
  readonly onReloading?: (isReloading: boolean) => Promise<void>;
};

/**
 * On SIGHUP, reads the configuration and puts it to use; an invalid one is refused, and the current one stays. A SIGHUP
 * during a reload queues exactly one more. Disposing of it waits for the reload in progress.
 */
export function reloadOnHangup<Settings extends { readonly file?: string }>(
  parts: ReloadParts<Settings>,
): AsyncDisposable {
  let { settings } = parts;
  let isQueued = false;
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    while (isQueued) {
      isQueued = false;
      await parts.onReloading?.(true);
      settings = (await reload(settings, parts)) ?? settings;
      await parts.onReloading?.(false);
    }
    running = undefined;
  };
  parts.signals.onHangup(() => {
    isQueued = true;
    running ??= run();
  });
  return {
    [Symbol.asyncDispose]: async () => {
      parts.signals.onHangup(() => {});
      await running;
    },
  };
}

/** @returns the new settings; undefined if they were refused */
async function reload<Settings extends { readonly file?: string }>(
  current: Settings,
  { read, apply, fixed, log }: ReloadParts<Settings>,
): Promise<Settings | undefined> {
  try {
    const settings = { ...(await read()) };
    for (const [key, ...dependents] of fixed) {
      if (!isDeepStrictEqual(current[key!], settings[key!]))
        log.warn({ key }, `cannot change ${key} while the server runs: the old value stays; restart to change it`);
      for (const each of [key!, ...dependents]) settings[each] = current[each];
    }
    await apply(settings);
    log.info({ file: settings.file }, 'configuration reloaded');
    return settings;
  } catch (error) {
    const [first, ...problems] = reasonOf(error).split('\n');
    log.error({ problems: problems.map((line) => line.trim()) }, `${first}; the old configuration stays`);
    return undefined;
  }
}
