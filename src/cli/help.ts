import type { Flag } from './args/flag.ts';
import type { Command } from './asking/command.ts';
import { COMMANDS, GROUPS } from './commands/registry.ts';

/** Columns of a line of help at most. */
const WIDTH = 110;

/** The help of the program: its commands by group, and what to type first. Written without yargs, which is slow to load. */
export function programHelp(): string {
  const groups = GROUPS.map((group) => {
    const commands = COMMANDS.filter((command) => command.group === group);
    return [`${group}:`, ...commands.map(({ name, about }) => `  ${name.padEnd(14)}${about}`)].join('\n');
  });
  const examples = EXAMPLES.map(([line, meaning]) => `  ${line.padEnd(41)}${meaning}`);
  return [
    'cordwood COMMAND [flags]',
    'A syslog server that stores messages and finds them again.\n',
    `${groups.join('\n')}\n`,
    'Start here:',
    ...examples,
    '\ncordwood COMMAND --help explains a command; --version prints the version.',
  ].join('\n');
}

const EXAMPLES = [
  ['cordwood serve', 'receive syslog on port 5514'],
  ['cordwood search -S -1h', 'show the last hour'],
  ["cordwood search -f -p warning -H 'web*'", 'follow warnings of the web servers'],
] as const;

/** The help of a command, complete in itself: flags, examples, exit codes. */
export async function commandHelp(
  { name, operands, about, flags, ...rest }: Command,
  columns: number,
): Promise<string> {
  const { default: yargs } = await import('yargs');
  const width = Math.min(columns, WIDTH);
  // Always in English: our texts are, and yargs would translate only its own.
  const help = yargs([]).locale('en').scriptName('cordwood').help(false).version(false).wrap(width);
  help.usage(`cordwood ${name} [flags] ${operands}`.trimEnd()).usage(about);
  for (const flag of flags) {
    const alias = [...(flag.short ? [flag.short] : []), ...(flag.aliases ?? [])];
    help.option(flag.name, { alias, describe: flagText(flag), group: `${flag.group}:`, skipValidation: true });
  }
  // Examples are for copying, so their lines are never broken.
  const examples = rest.examples.map(([line, meaning]) => `  ${line}\n      ${meaning}`);
  const flagsHelp = await help.getHelp();
  return `${flagsHelp}\n\nExamples:\n${examples.join('\n')}\n\n${wrap(rest.epilogue, width)}`;
}

function flagText({ value, help }: Flag): string {
  return value === undefined ? help : `${value}: ${help}`;
}

/** Breaks lines that are too long, except indented ones. */
function wrap(text: string, width: number): string {
  const line = new RegExp(`(?=.{${width}})(.{1,${width - 1}}) `, 'g');
  return text
    .split('\n')
    .map((paragraph) => (paragraph.startsWith(' ') ? paragraph : paragraph.replace(line, '$1\n')))
    .join('\n');
}
