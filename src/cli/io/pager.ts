import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../config/index.ts';
import type { Output } from './output.ts';

/** The same as journalctl: quit if one screen is enough, colours, chop long lines, do not clear, quit on Ctrl-C, show the position. */
const LESS = 'FRSXMK';

/**
 * Sends the output through `$PAGER` or less. Without less, or if PAGER is empty or `cat`, there is no pager. Disposing
 * waits until the user quits the pager.
 */
export async function openPager(output: Output, env: Environment): Promise<AsyncDisposable> {
  const command = env['PAGER'] ?? (isInstalled('less', env) ? 'less' : '');
  if (command === '' || command === 'cat') return { [Symbol.asyncDispose]: async () => {} };
  const child = spawn(command, {
    shell: true,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS, LESSCHARSET: 'utf-8', ...env },
  });
  const quit = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  output.redirect(child.stdin);
  void quit.then(() => output.close());
  return {
    async [Symbol.asyncDispose]() {
      await output.flush();
      child.stdin.end();
      await quit;
    },
  };
}

function isInstalled(program: string, env: Environment): boolean {
  return (env['PATH'] ?? '').split(':').some((folder) => folder !== '' && existsSync(join(folder, program)));
}
