import { nearest } from '../base/text/nearest.ts';
import type { Args } from './args/args.ts';
import { readArgs } from './args/args.ts';
import type { Command, Context } from './asking/command.ts';
import { insteadOfCommand } from './args/foreign-command.ts';
import { COMMANDS, findCommand, loadCommands } from './commands/registry.ts';
import type { Services, Terminal } from './contract.ts';
import { visible } from './io/escape.ts';
import { EXIT, exitCodeOf, usageError } from './args/exit.ts';
import { Output } from './io/output.ts';
import { errorText } from './io/error-text.ts';
import { processTerminal } from './io/terminal.ts';

/**
 * Runs a command line (without the name of the program). Data goes to stdout, everything else to stderr.
 * @returns the exit code; never throws
 */
export async function run(
  argv: readonly string[],
  services: Services,
  terminal: Terminal = processTerminal(),
): Promise<number> {
  const stop = new AbortController();
  let interrupted = false;
  const command = findCommand(argv[0] ?? '');
  using _interrupt = command?.handlesSignals
    ? undefined
    : terminal.onInterrupt(() => {
        interrupted = true;
        stop.abort();
      });
  const output = new Output(terminal.stdout, () => stop.abort());
  try {
    const code = await dispatch(argv, { services, terminal, output, signal: stop.signal });
    await output.flush();
    if (output.failure) throw output.failure;
    return interrupted && code !== EXIT.timeout ? EXIT.interrupted : code;
  } catch (error) {
    if (interrupted) return EXIT.interrupted;
    if (output.closed && !output.failure) return EXIT.ok;
    await output.flush();
    const cause = output.failure ?? error;
    terminal.stderr.write(`${await errorText(cause)}\n`);
    return exitCodeOf(cause);
  }
}

type World = Pick<Context, 'services' | 'terminal' | 'output' | 'signal'>;

async function dispatch(argv: readonly string[], world: World): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help')
    return help(rest[0], name !== undefined, world);
  if (name === '--version' || name === 'version') {
    const { version } = await import('../base/version.ts');
    await world.output.write(`${version()}\n`);
    return EXIT.ok;
  }
  const command = await loadCommand(name);
  const args = readArgs(rest, command.flags);
  if (args.has('help')) return help(name, true, world);
  const extra = command.operands === '' ? args.words[0] : undefined;
  if (extra !== undefined) {
    const file =
      /\.ya?ml$/.test(extra) && command.flags.some((flag) => flag.name === 'config') ? `write --config ${extra}; ` : '';
    throw usageError(
      `cannot read ${JSON.stringify(extra)}: ${name} takes only flags; ${file}cordwood ${name} --help lists them`,
    );
  }
  return command.run({ ...world, args, commands: loadCommands, note: noteWriter(args, world.terminal) });
}

function noteWriter(args: Args, { stderr }: Terminal): (text: string) => void {
  if (args.has('quiet')) return () => {};
  return (text) => void stderr.write(`-- ${visible(text)}\n`);
}

async function help(name: string | undefined, asked: boolean, { output, terminal }: World): Promise<number> {
  const { commandHelp, programHelp } = await import('./help.ts');
  const text = name === undefined ? programHelp() : await commandHelp(await loadCommand(name), output.columns);
  if (asked) await output.write(`${text}\n`);
  else terminal.stderr.write(`${text}\n`);
  return asked ? EXIT.ok : EXIT.usage;
}

function loadCommand(name: string): Promise<Command> {
  const entry = findCommand(name);
  if (entry) return entry.load();
  const names = COMMANDS.map((one) => one.name);
  const near = nearest(name, names);
  const hint =
    insteadOfCommand(name) ??
    (near === undefined
      ? 'cordwood --help lists the commands'
      : `did you mean "${near}"? To search for it: cordwood search ${name}`);
  throw usageError(`cannot run ${JSON.stringify(name)}: unknown command; ${hint}`);
}
