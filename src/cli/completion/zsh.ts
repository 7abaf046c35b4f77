import type { Command, Summarised } from '../asking/command.ts';
import { tables } from './posix.ts';
import { brief, quoted, sh, type Shell, spellings } from './shell.ts';

/** A function of zsh's completion system, which `compinit` loads. */
export const zsh: Shell = {
  name: 'zsh',
  install: 'source <(cordwood completion zsh)',
  file: '~/.zshrc, after compinit',
  script: (commands) =>
    [
      '#compdef cordwood\n# Completion of cordwood for zsh; "cordwood completion zsh" writes it.',
      `__cordwood_commands=(\n${commandEntries(commands)}\n)`,
      described('flags', commands, ({ flags }) =>
        flags.flatMap((flag) => spellings(flag).map((name) => [name, flag.help] as const)),
      ),
      described('actions', commands, ({ actions = [] }) => actions.map(({ name, about }) => [name, about] as const)),
      tables(commands),
      ENGINE,
    ].join('\n\n'),
};

type Entry = readonly [name: string, about: string];

function commandEntries(commands: readonly Summarised[]): string {
  const own = commands.map(({ name, summary }): Entry => [name, summary]);
  return [...own, ['--help', 'print the commands'] as const, ['--version', 'print the version'] as const]
    .map(entry)
    .join('\n');
}

/** A function that sets the array of this name to words with what they mean, by command. */
function described(name: string, commands: readonly Command[], of: (command: Command) => readonly Entry[]): string {
  const cases = commands
    .map((command) => [command.name, of(command)] as const)
    .filter(([, entries]) => entries.length > 0)
    .map(([command, entries]) => `    ${command})\n      ${name}=(\n${entries.map(entry).join('\n')}\n      ) ;;`);
  return `__cordwood_${name}() {\n  ${name}=()\n  case $1 in\n${cases.join('\n')}\n  esac\n}`;
}

/** As `_describe` takes it: the first colon ends the name. */
function entry([name, about]: Entry): string {
  return `        ${quoted(`${name}:${brief(about)}`)}`;
}

const ENGINE = sh`# Offers what "cordwood complete" prints; compadd quotes it, so that nothing in it acts in the shell.
__cordwood_ask() {
  local -a offered open
  offered=("\${(@f)$(command cordwood complete $1 -- "$PREFIX" "\${(@)words[1,CURRENT]}" 2>/dev/null </dev/null)}")
  offered=("\${(@)offered:#}")
  open=("\${(@M)offered:#*[:.]}")
  offered=("\${(@)offered:#*[:.]}")
  compadd -S '' -a open
  compadd -a offered
}

# Offers a list, paths, or what the server knows.
__cordwood_complete() {
  local -a list
  case $1 in
    '') ;;
    '='*) list=(\${=1#=}); compadd -a list ;;
    file) _files ;;
    folder) _files -/ ;;
    *) __cordwood_ask $1 ;;
  esac
}

_cordwood() {
  local name=$words[2] action= flag= ended= word completion=
  local -a flags actions
  integer index
  if ((CURRENT == 2)); then
    _describe -t commands command __cordwood_commands
    return
  fi
  for ((index = 3; index < CURRENT; index++)); do
    word=$words[index]
    if [[ -n $flag ]]; then
      flag=
    elif [[ -z $ended && $word == -- ]]; then
      ended=1
    elif [[ -z $ended && $word == -?* ]]; then
      # Of several letters the last may take a value: -rH web1.
      [[ $word == -[^-]?* ]] && word=-\${word[-1]}
      [[ $word != *=* ]] && __cordwood_value "$name" "$word" && flag=$word
    elif [[ -z $action ]]; then
      action=$word
    fi
  done
  if [[ -n $flag ]]; then
    __cordwood_value "$name" "$flag"
  elif [[ -z $ended && $PREFIX == --*=* ]]; then
    __cordwood_value "$name" "\${PREFIX%%=*}" || return
    compset -P '*='
  elif [[ -z $ended && $PREFIX == -* ]]; then
    __cordwood_flags "$name"
    _describe -o -t flags flag flags
    return
  else
    __cordwood_word "$name" "$action"
    if [[ -z $action ]]; then
      __cordwood_actions "$name"
      (($#actions)) && _describe -t actions action actions
    fi
  fi
  __cordwood_complete "$completion"
}

if [[ $funcstack[1] == _cordwood ]]; then
  _cordwood "$@"
else
  compdef _cordwood cordwood
fi
`;
