import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from './until.ts';

const TAB = '\t';
const PRINT = '\x0f';
const KILL_LINE = '\x15';

/** How each shell is started without a configuration, has Ctrl-O print its command line, and completes it before. */
const SHELLS = {
  bash: {
    complete: TAB + PRINT,
    command: 'bash --norc --noprofile -i',
    init: String.raw`bind -x '"\C-o": printf "\nLINE<%s>\n" "$READLINE_LINE"'`,
  },
  zsh: {
    // Zsh completes only if no further keys wait, so that one key does both.
    complete: PRINT,
    command: 'zsh -f -i',
    init: String.raw`autoload -Uz compinit; compinit -u -D; f() { zle expand-or-complete; print -r -- $'\n'"LINE<$BUFFER>" }; zle -N f; bindkey '^O' f`,
  },
  fish: {
    complete: TAB + PRINT,
    command: 'fish --no-config -i',
    init: String.raw`bind \co 'echo; echo "LINE<"(commandline)">"'`,
  },
} as const;
export type ShellName = keyof typeof SHELLS;
export const SHELL_NAMES = Object.keys(SHELLS) as ShellName[];

/** Ends the first word of a line without a trace in it, so that the echo of a command is not taken for its output. */
const MARK = 'echo DO""NE';

/** A real shell on a terminal, in which a person presses keys. */
export class InteractiveShell implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #name: ShellName;
  #output = '';

  private constructor(name: ShellName, options: { cwd: string; env: Readonly<Record<string, string>> }) {
    this.#name = name;
    const env = { ...process.env, TERM: name === 'bash' ? 'dumb' : 'xterm', LANG: 'C.UTF-8', ...options.env };
    // `script` gives it a terminal.
    this.#child = spawn('script', ['-qfec', SHELLS[name].command, '/dev/null'], { cwd: options.cwd, env });
    this.#child.stdout.on('data', (chunk) => {
      this.#output += chunk;
    });
  }

  /** @param completion a file with the shell's completion */
  static async start(
    name: ShellName,
    completion: string,
    options: { cwd: string; env: Readonly<Record<string, string>> },
  ): Promise<InteractiveShell> {
    const shell = new InteractiveShell(name, options);
    await shell.run('stty cols 500');
    await shell.run(SHELLS[name].init);
    await shell.run(`source ${completion}`);
    return shell;
  }

  /** The command line after Tab was pressed behind what is typed; it stays as it is. */
  async complete(typed: string): Promise<string> {
    const from = this.#output.length;
    this.#press(typed + SHELLS[this.#name].complete);
    const found = await until(`the completion of ${typed}`, () => /LINE<(.*?)>\r?\n/s.exec(this.#output.slice(from)));
    return found[1]!;
  }

  clear(): void {
    this.#press(KILL_LINE);
  }

  /** What the command line that was typed so far prints when Enter is pressed. */
  async enter(): Promise<string> {
    const from = this.#output.length;
    this.#press('\n');
    return await this.#until(from);
  }

  /** What a command prints. */
  async run(command: string): Promise<string> {
    const from = this.#output.length;
    this.#press(`${command}\n`);
    return await this.#until(from);
  }

  async #until(from: number): Promise<string> {
    this.#press(`${MARK}\n`);
    await until(`the shell to be ready:\n${this.#output.slice(from)}`, () =>
      /DONE\r?\n/.test(this.#output.slice(from)),
    );
    return this.#output.slice(from);
  }

  #press(keys: string): void {
    this.#child.stdin.write(keys);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    // The terminal goes away, which ends the shell on it.
    this.#child.kill('SIGKILL');
    await ended;
  }
}
