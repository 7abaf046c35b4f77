import { type Stats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Polling interval, ms. Polled, because a switched symbolic link (certbot and others) triggers no file watcher. */
const EVERY_MS = 2000;

export interface FileWatch extends Disposable {
  /** Looks now, without waiting for the next poll. */
  check(): void;
}

/**
 * Calls `onChange` when one of the files differs from the last accepted version. If it returns false, it is called again
 * at each poll until it returns true.
 */
export function watchFiles(files: readonly string[], onChange: () => boolean, everyMs = EVERY_MS): FileWatch {
  let accepted = files.map((file) => signature(statSync(file, { throwIfNoEntry: false }))).join('\n');
  let polling = false;
  const poll = async (): Promise<void> => {
    if (polling) return;
    polling = true;
    const stats = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
    polling = false;
    accept(stats);
  };
  const accept = (stats: readonly (Stats | undefined)[]): void => {
    const now = stats.map(signature).join('\n');
    if (accepted !== now && onChange()) accepted = now;
  };
  const check = (): void => accept(files.map((file) => statSync(file, { throwIfNoEntry: false })));
  const timer = setInterval(() => void poll(), everyMs).unref();
  return { check, [Symbol.dispose]: () => clearInterval(timer) };
}

function signature(stats: Stats | undefined): string {
  return stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}` : 'absent';
}
