import type { Flag } from '../args/flag.ts';
import type { Summarised } from '../asking/command.ts';
import { brief, type Completion, completionOf, type Shell, takesValue, flagCompletion } from './shell.ts';

/** Fish 3.1 or newer. */
export const fish: Shell = {
  name: 'fish',
  install: 'cordwood completion fish | source',
  file: '~/.config/fish/config.fish',
  script: (commands) => [HEAD, ...commands.map(commandText)].join('\n\n'),
};

const HEAD = `# Completion of cordwood for fish; "cordwood completion fish" writes it.

# Whether the command is the one named.
function __cordwood_in
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test "$words[2]" = "$argv[1]"
end

# Whether one of these words is there.
function __cordwood_has
    set -l words (commandline -opc)
    for word in $words[3..-1]
        contains -- $word $argv; and return 0
    end
    return 1
end

# What "cordwood complete" prints. Fish quotes what it inserts, so that nothing in it acts in the shell.
function __cordwood_ask
    command -q cordwood; or return
    set -l typed (commandline -ct | string replace -r -- '^--[^=]*=' '')
    string match -q -- '-*' "$typed"; and return
    command cordwood complete $argv[1] -- "$typed" (commandline -opc) 2>/dev/null </dev/null
end

complete -c cordwood -f
complete -c cordwood -n __fish_use_subcommand -s h -l help -d 'print the commands'
complete -c cordwood -n __fish_use_subcommand -l version -d 'print the version'`;

function commandText({ name, summary, flags, actions = [], words }: Summarised): string {
  const here = `__cordwood_in ${name}`;
  const names = actions.map((action) => action.name).join(' ');
  const undecided = actions.length > 0 ? `${here}; and not __cordwood_has ${names}` : here;
  return [
    line('__fish_use_subcommand', `-a ${quoted(name)} -d ${quoted(summary)}`),
    ...actions.map((action) => line(undecided, `-a ${quoted(action.name)} -d ${quoted(brief(action.about))}`)),
    ...wordLines(undecided, completionOf(words)),
    ...actions.flatMap((action) => {
      return wordLines(`${here}; and __cordwood_has ${action.name}`, completionOf(action.words));
    }),
    ...flags.flatMap((flag) => flagLines(here, flag)),
  ].join('\n');
}

function wordLines(condition: string, completion: Completion): string[] {
  return completion === undefined ? [] : [line(condition, argumentsOf(completion))];
}

/** A line for each name of the flag. */
function flagLines(condition: string, flag: Flag): string[] {
  const names = [...(flag.short === undefined ? [] : [`-s ${flag.short}`]), `-l ${flag.name}`].join(' ');
  const others = (flag.aliases ?? []).map((alias) => `-l ${alias}`);
  const completion = flagCompletion(flag);
  const value = takesValue(flag) ? ` -r ${completion === undefined ? '-f' : argumentsOf(completion)}` : '';
  return [names, ...others].map((spelling) => line(condition, `${spelling}${value} -d ${quoted(brief(flag.help))}`));
}

function argumentsOf(completion: NonNullable<Completion>): string {
  if ('list' in completion) return `-f -a ${quoted(completion.list.join(' '))}`;
  switch (completion.source) {
    case 'file':
      return '-F';
    case 'folder':
      return "-f -a '(__fish_complete_directories)'";
    default:
      return `-f -a '(__cordwood_ask ${completion.source})'`;
  }
}

function line(condition: string, rest: string): string {
  return `complete -c cordwood -n ${quoted(condition)} ${rest}`;
}

/** The text as one word of fish, in which a backslash escapes in single quotes, too. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
