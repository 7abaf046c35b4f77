import yargs from 'yargs';
import type { Flag } from './args/flag.ts';
import type { Command } from './asking/command.ts';
import { COMMANDS } from './commands/registry.ts';
import { COMMON_FLAGS } from './args/flags.ts';

/** Characters of a line of help at most. */
const WIDTH = 110;

/** The help of the program: its commands. */
export function programHelp(columns: number): Promise<string> {
  const help = bare('cordwood COMMAND [flags]', columns);
  for (const { name, about } of COMMANDS) help.command(name, about);
  addFlags(help, [...COMMON_FLAGS, { name: 'version', group: 'In general', help: 'print the version and exit' }]);
  return finish(help, { columns, examples: EXAMPLES, epilogue: 'cordwood COMMAND --help tells all about a command.' });
}

/** The help of a command, which is enough by itself. */
export function commandHelp(command: Command, columns: number): Promise<string> {
  const help = bare(`cordwood ${command.name} [flags] ${command.operands}`.trimEnd(), columns);
  addFlags(help, command.flags);
  return finish(help.usage(command.about), { ...command, columns });
}

const EXAMPLES: Command['examples'] = [
  ['cordwood serve', 'receive: syslog on UDP and TCP port 5514 of this machine'],
  ["cordwood search -f -p warning -H 'web*'", 'what web servers complain of, as it comes'],
];

type End = Pick<Command, 'examples' | 'epilogue'> & { readonly columns: number };

/** Examples stand below one another and are never broken: they are there to be copied. */
async function finish(help: Help, { examples, epilogue, columns }: End): Promise<string> {
  const lines = examples.map(([line, meaning]) => `  ${line}\n      ${meaning}`);
  const flags = await help.getHelp();
  return `${flags}\n\nExamples:\n${lines.join('\n')}\n\n${wrap(epilogue, Math.min(columns, WIDTH))}`;
}

/** Breaks the lines that are not indented. */
function wrap(text: string, width: number): string {
  const line = new RegExp(`(?=.{${width}})(.{1,${width - 1}}) `, 'g');
  return text
    .split('\n')
    .map((paragraph) => (paragraph.startsWith(' ') ? paragraph : paragraph.replace(line, '$1\n')))
    .join('\n');
}

type Help = ReturnType<typeof yargs>;

function bare(usage: string, columns: number): Help {
  // The texts are English, whatever the user's locale: half of each would not be.
  const help = yargs([]).locale('en').scriptName('cordwood').help(false).version(false).wrap(Math.min(columns, WIDTH));
  return help.usage(usage);
}

function addFlags(help: Help, flags: readonly Flag[]): void {
  for (const flag of flags) {
    const alias = [...(flag.short ? [flag.short] : []), ...(flag.aliases ?? [])];
    const value = flag.value === undefined ? '' : `${flag.value}: `;
    help.option(flag.name, { alias, describe: value + flag.help, group: `${flag.group}:`, skipValidation: true });
  }
}
