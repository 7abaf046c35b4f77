import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../src/base/version.ts';
import type { Flag } from '../src/cli/args/flag.ts';
import type { Summarised } from '../src/cli/asking/command.ts';
import { COMMANDS, GROUPS, loadCommands } from '../src/cli/commands/registry.ts';
import { configPage } from './man-config.ts';
import { bold, examples, italic, paragraph, paragraphs, roff, section, subsection, tagged, title } from './roff.ts';

/** The file of a manual page, and its text in man(7). */
export type ManPage = { readonly file: string; readonly text: string };

/** Variables of the environment, by the flag that they stand for. */
const VARIABLES: readonly (readonly [flag: string, variable: string, meaning: string])[] = [
  ['config', 'CORDWOOD_CONFIG', 'the configuration file, without --config'],
  ['data', 'CORDWOOD_DATA', 'the data folder, without --data'],
  ['server', 'CORDWOOD_SERVER', 'the server on another machine, without --server, --config and --data'],
  ['token-file', 'CORDWOOD_TOKEN_FILE', 'the file with the token for it, without --token-file'],
  ['ca', 'NODE_EXTRA_CA_CERTS', 'a file with CA certificates to trust, too'],
  ['color', 'NO_COLOR', 'if it is set, nothing is coloured unless --color always is given'],
  ['no-pager', 'PAGER', 'the program that shows long output on a terminal; default: less'],
];

const FILES: readonly (readonly [flag: string, file: string, meaning: string])[] = [
  ['config', '/etc/cordwood/cordwood.yaml', 'the configuration: see cordwood.yaml(5)'],
  ['data', '/var/lib/cordwood', 'the data folder of the service: spool, store, state and control socket'],
];

/** The build that pages are written for. SOURCE_DATE_EPOCH is the convention of reproducible builds, s since 1970. */
function source(): { version: string; date: string } {
  const epoch = process.env['SOURCE_DATE_EPOCH'];
  const date = epoch === undefined ? new Date() : new Date(Number(epoch) * 1000);
  return { version: version(), date: date.toISOString().slice(0, 10) };
}

/** All manual pages: of the program, of each command, and of the configuration. */
export async function manPages(): Promise<readonly ManPage[]> {
  const commands = await loadCommands();
  return [
    { file: 'cordwood.1', text: programPage(commands) },
    ...commands.map((command) => ({ file: `cordwood-${command.name}.1`, text: commandPage(command) })),
    { file: 'cordwood.yaml.5', text: configPage(source()) },
  ];
}

function programPage(commands: readonly Summarised[]): string {
  const flags = commands.flatMap((command) => command.flags);
  const groups = GROUPS.flatMap((group) => {
    const own = COMMANDS.filter((command) => command.group === group);
    return [subsection(group, ...own.map(({ name, about }) => tagged(`${bold(`cordwood-${name}`)}(1)`, about)))];
  });
  return page([
    title('cordwood', 1, source()),
    section('NAME', 'cordwood \\- a syslog server that stores messages and finds them again'),
    section('SYNOPSIS', `${bold('cordwood')} ${italic('COMMAND')} [${italic('flags')}]`),
    section(
      'DESCRIPTION',
      paragraphs(
        'Cordwood receives syslog, writes it to disk before it acknowledges it, and answers questions about it, on the ' +
          'command line and in a browser. Rules notify people when something breaks or a host falls silent.\n\n' +
          'cordwood COMMAND --help explains a command, and so does its manual page.',
      ),
    ),
    section('COMMANDS', ...groups),
    section('OPTIONS', tagged(bold('--help'), 'print the commands'), tagged(bold('--version'), 'print the version')),
    section(
      'EXIT STATUS',
      tagged(bold('0'), 'success'),
      tagged(bold('2'), 'the command line, the query or the configuration is invalid'),
      tagged(bold('4'), 'the server or its data cannot be read'),
      paragraph(roff('Some commands have further ones: see their pages.')),
    ),
    ...surroundings(flags),
    section(
      'EXAMPLES',
      examples([
        ['cordwood serve', 'receive syslog on port 5514'],
        ['cordwood search -S -1h', 'show the last hour'],
        ["cordwood search -f -p warning -H 'web*'", 'follow warnings of the web servers'],
      ]),
    ),
    seeAlso(['cordwood.yaml(5)', 'cordwood-serve(1)', 'cordwood-search(1)', 'logger(1)', 'rsyslogd(8)']),
  ]);
}

function commandPage(command: Summarised): string {
  const { name, about, summary, actions = [], flags, epilogue } = command;
  const [rest, codes] = splitExitCodes(epilogue);
  return page([
    title(`cordwood-${name}`, 1, source()),
    section('NAME', `cordwood\\-${roff(name)} \\- ${roff(summary)}`),
    section('SYNOPSIS', ...synopsis(command)),
    section('DESCRIPTION', paragraphs(about)),
    ...(actions.length === 0
      ? []
      : [
          section(
            'ACTIONS',
            ...actions.map((action) => tagged(words(action.name, action.operands), sentence(action.about))),
          ),
        ]),
    section('OPTIONS', ...optionGroups(flags)),
    ...(rest === '' ? [] : [section('NOTES', paragraphs(rest))]),
    section('EXIT STATUS', ...codes.map(([code, meaning]) => tagged(bold(code), meaning))),
    ...surroundings(flags),
    section('EXAMPLES', examples(command.examples)),
    seeAlso(['cordwood(1)', 'cordwood.yaml(5)', ...relatives(name)]),
  ]);
}

function synopsis({ name, operands, actions }: Summarised): string[] {
  const forms = actions?.map((action) => words(action.name, action.operands)) ?? [roff(operands)];
  const all = name === 'hosts' ? [roff('[HOST…]'), ...forms] : forms;
  return all.map((form, index) => {
    const line = `${bold(`cordwood ${name}`)} [${italic('flags')}] ${form}`.trimEnd();
    return index === 0 ? line : `.br\n${line}`;
  });
}

function words(name: string, operands = ''): string {
  return operands === '' ? bold(name) : `${bold(name)} ${italic(operands)}`;
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

function optionGroups(flags: readonly Flag[]): string[] {
  const groups = Map.groupBy(flags, ({ group }) => group);
  return [...groups].map(([group, own]) => {
    return subsection(group, ...own.map((flag) => tagged(flagTag(flag), flag.help)));
  });
}

function flagTag({ name, short, aliases = [], value, otherwise }: Flag): string {
  const names = [...(short === undefined ? [] : [`-${short}`]), `--${name}`, ...aliases.map((one) => `--${one}`)];
  const shown = names.map(bold).join(', ');
  if (value === undefined) return shown;
  return otherwise === undefined ? `${shown} ${italic(value)}` : `${shown} [${italic(value)}]`;
}

/** The texts around the exit codes, and these as `0 success; 2 …` lists them. */
function splitExitCodes(epilogue: string): [rest: string, codes: (readonly [code: string, meaning: string])[]] {
  const blocks = epilogue.split('\n\n');
  const list = blocks.find((block) => block.startsWith('Exit codes: '));
  const codes =
    list
      ?.slice('Exit codes: '.length)
      .replace(/\.$/, '')
      .split(/; (?=\d)/) ?? [];
  const rest = blocks.filter((block) => block !== list).join('\n\n');
  return [rest, codes.map((entry) => [entry.split(' ')[0]!, entry.slice(entry.indexOf(' ') + 1)] as const)];
}

/** Environment and files that the flags stand beside. */
function surroundings(flags: readonly Flag[]): string[] {
  const has = (name: string): boolean => flags.some((flag) => flag.name === name);
  const variables = VARIABLES.filter(([flag]) => has(flag));
  const files = FILES.filter(([flag]) => has(flag));
  return [
    ...(variables.length === 0
      ? []
      : [section('ENVIRONMENT', ...variables.map(([, name, meaning]) => tagged(bold(name), meaning)))]),
    ...(files.length === 0
      ? []
      : [section('FILES', ...files.map(([, name, meaning]) => tagged(italic(name), meaning)))]),
  ];
}

/** The other commands of its group. */
function relatives(name: string): string[] {
  const group = COMMANDS.find((command) => command.name === name)?.group;
  return COMMANDS.filter((one) => one.group === group && one.name !== name).map((one) => `cordwood-${one.name}(1)`);
}

export function seeAlso(pages: readonly string[]): string {
  const shown = pages.map((one) => one.replace(/^(.*)(\(\d\))$/, (_, name, number) => `${bold(name)}${number}`));
  return section('SEE ALSO', shown.join(',\n'));
}

function page(parts: readonly string[]): string {
  return `${parts.join('\n')}\n`;
}

if (import.meta.main) {
  const folder = process.argv[2];
  if (folder === undefined)
    throw new Error('cannot write manual pages: name a folder, e.g. node scripts/man.ts dist/man');
  mkdirSync(folder, { recursive: true });
  for (const { file, text } of await manPages()) writeFileSync(join(folder, file), text);
}
