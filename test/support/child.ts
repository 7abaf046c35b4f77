import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A child process that runs the text of a module. */
export type Child = AsyncDisposable & {
  readonly process: ChildProcess;
  /** The next line of its output. @throws if it ends first */
  line(): Promise<string>;
  say(text: string): void;
  /** The signal that ended it, or its exit code. */
  ended(): Promise<NodeJS.Signals | number | null>;
};

/** Runs `code` as an ES module, with `at(path)` to import files of the repository; killed at the end of the scope. */
export function runChild(code: string, env: Readonly<Record<string, string>> = {}): Child {
  const root = new URL('../../', import.meta.url).href;
  const text = `const at = (path) => import(new URL(path, ${JSON.stringify(root)}).href);\n${code}`;
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', text], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    line: async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error('the child ended without another line');
      return value as string;
    },
    say: (line) => void child.stdin.write(`${line}\n`),
    ended: async () => {
      const [status, signal] = await exit;
      return (signal ?? status) as NodeJS.Signals | number | null;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}
