import { type Stats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Files are looked at this often: links that are turned round, as certbot and others do, wake no watcher. */
const EVERY_MS = 2000;

/** Calls `changed` when one of the files is another than before; again at each look until it returns true. */
export function watchFiles(files: readonly string[], changed: () => boolean, everyMs = EVERY_MS): Disposable {
  let known = files.map((file) => signature(statSync(file, { throwIfNoEntry: false }))).join('\n');
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    const stats = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
    const now = stats.map(signature).join('\n');
    looking = false;
    if (known !== now && changed()) known = now;
  };
  const timer = setInterval(() => void look(), everyMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function signature(stats: Stats | undefined): string {
  return stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}` : 'absent';
}
