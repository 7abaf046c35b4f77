import type { Command } from '../asking/command.ts';
import { tables } from './posix.ts';
import { quoted, sh, type Shell, spellings } from './shell.ts';

/** Bash 4 or newer; the package bash-completion is not needed. */
export const bash: Shell = {
  name: 'bash',
  install: 'source <(cordwood completion bash)',
  file: '~/.bashrc',
  script: (commands) =>
    [
      '# Completion of cordwood for bash; "cordwood completion bash" writes it.',
      `__cordwood_commands=${quoted([...commands.map(({ name }) => name), '--help', '--version'].join(' '))}`,
      lists('flags', commands, ({ flags }) => flags.flatMap(spellings)),
      lists('actions', commands, ({ actions = [] }) => actions.map(({ name }) => name)),
      tables(commands),
      ENGINE,
    ].join('\n\n'),
};

/** A function that sets the variable of this name to a list, by command. */
function lists(name: string, commands: readonly Command[], listOf: (command: Command) => readonly string[]): string {
  const cases = commands
    .map((command) => [command.name, listOf(command).join(' ')] as const)
    .filter(([, list]) => list !== '')
    .map(([command, list]) => `    ${command}) ${name}=${quoted(list)} ;;`);
  return `__cordwood_${name}() {\n  case $1 in\n${cases.join('\n')}\n  esac\n}`;
}

const ENGINE = sh`# Offers the lines of stdin that begin with what is typed. Each is quoted: nothing in it acts in the shell.
__cordwood_offer() {
  local value word
  while IFS= read -r value; do
    [[ $value == "$typed"* ]] || continue
    if [[ -n $quote ]]; then
      # Readline puts it between the quotes as it is.
      [[ $value == *[![:alnum:]_./:@%+,=-]* ]] && continue
      word=$value
    else
      printf -v word %q "$value"
    fi
    [[ $word == "$kept"* ]] || continue
    [[ $word == *[:.] ]] && compopt -o nospace
    COMPREPLY+=("\${word#"$kept"}")
  done
}

# Offers a list, paths, or what "cordwood complete" prints.
__cordwood_complete() {
  case $1 in
    '') ;;
    '='*) __cordwood_offer < <(printf '%s\n' \${1#=}) ;;
    file) compopt -o default ;;
    folder) compopt -o dirnames ;;
    *) __cordwood_offer < <(command cordwood complete "$1" -- "$raw" "\${words[@]}" 2>/dev/null </dev/null) ;;
  esac
}

# The words up to the cursor, which bash splits at : = and @ as well. Readline replaces only the last piece of the last
# word; what it keeps of that word must not be offered again.
__cordwood_words() {
  local rest=\${COMP_LINE:0:COMP_POINT} index piece bare
  words=()
  for ((index = 0; index <= COMP_CWORD; index++)); do
    bare=\${rest#"\${rest%%[![:space:]]*}"}
    piece=\${COMP_WORDS[index]}
    ((index == COMP_CWORD)) && piece=$bare
    if ((index == 0)) || [[ $bare != "$rest" ]]; then
      words+=("$piece")
    else
      words[\${#words[@]} - 1]+=$piece
    fi
    rest=\${bare#"$piece"}
  done
  raw=\${words[\${#words[@]} - 1]}
  case $piece in
    [=:@]*) piece=\${piece:1} ;;
  esac
  kept=\${raw%"$piece"}
}

_cordwood() {
  local IFS=$' \t\n' words raw kept typed quote= completion= flags= actions=
  local name action= flag= ended= index word
  COMPREPLY=()
  __cordwood_words
  name=\${words[1]-}
  for ((index = 2; index < \${#words[@]} - 1; index++)); do
    word=\${words[index]}
    if [[ -n $flag ]]; then
      flag=
    elif [[ -z $ended && $word == -- ]]; then
      ended=1
    elif [[ -z $ended && $word == -?* ]]; then
      # Of several letters the last may take a value: -rH web1.
      [[ $word == -[!-]?* ]] && word=-\${word: -1}
      [[ $word != *=* ]] && __cordwood_value "$name" "$word" && flag=$word
    elif [[ -z $action ]]; then
      action=$word
    fi
  done
  if ((\${#words[@]} <= 2)); then
    completion="=$__cordwood_commands"
  elif [[ -n $flag ]]; then
    __cordwood_value "$name" "$flag"
  elif [[ -z $ended && $raw == --*=* ]]; then
    __cordwood_value "$name" "\${raw%%=*}" || return 0
    kept=\${kept#"\${raw%%=*}="}
    raw=\${raw#*=}
  elif [[ -z $ended && $raw == -* ]]; then
    __cordwood_flags "$name"
    completion="=$flags"
  else
    __cordwood_word "$name" "$action"
    [[ -z $action ]] && __cordwood_actions "$name"
  fi
  case $raw in
    [\'\"]*) quote=\${raw:0:1} typed=\${raw:1} ;;
    *) typed=\${raw//\\/} ;;
  esac
  # What the shell would expand is not known here.
  [[ $typed == *[\'\"\`\$]* ]] && return 0
  __cordwood_complete "=$actions"
  __cordwood_complete "$completion"
}

complete -F _cordwood cordwood
`;
