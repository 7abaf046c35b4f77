import type { Command } from '../asking/command.ts';
import { type Completion, completionOf, quoted, spellings, takesValue, flagCompletion } from './shell.ts';

/**
 * Functions that bash and zsh share. `__cordwood_value COMMAND FLAG` fails if the flag takes no value, else it sets
 * `completion` to what completes it; `__cordwood_word COMMAND ACTION` does the same for words. A completion is a word
 * of `cordwood complete`, or `=` with a list.
 */
export function tables(commands: readonly Command[]): string {
  return `# What completes the value of a flag.
__cordwood_value() {
  completion=
  case "$1 $2" in
${commands.flatMap(valueCases).join('\n')}
    *) return 1 ;;
  esac
}

# What completes a word that is no flag.
__cordwood_word() {
  completion=
  case "$1 $2" in
${commands.flatMap(wordCases).join('\n')}
  esac
}`;
}

function valueCases({ name, flags }: Command): string[] {
  const taking = flags.filter(takesValue);
  const byText = Map.groupBy(taking, (flag) => textOf(flagCompletion(flag)));
  return [...byText].map(([text, same]) => {
    const patterns = same.flatMap(spellings).map((spelling) => quoted(`${name} ${spelling}`));
    return `    ${patterns.join('|')}) completion=${quoted(text)} ;;`;
  });
}

function wordCases({ name, actions = [], words }: Command): string[] {
  const cases = actions.map((action) => [quoted(`${name} ${action.name}`), completionOf(action.words)] as const);
  const all = [...cases, [`${quoted(`${name} `)}*`, completionOf(words)] as const];
  // An action without words comes first, too: the last case would take it.
  return all.map(([pattern, completion]) => `    ${pattern}) completion=${quoted(textOf(completion))} ;;`);
}

function textOf(completion: Completion): string {
  if (completion === undefined) return '';
  return 'list' in completion ? `=${completion.list.join(' ')}` : completion.source;
}
