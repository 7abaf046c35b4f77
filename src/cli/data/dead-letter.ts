import { formatCount } from '../../base/text.ts';
import { loadSettings } from '../../config/index.ts';
import type { DeadLetter } from '../../transfer/contract.ts';
import type { Args } from '../args/args.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { COMMON_FLAGS, outputFlag } from '../args/flags.ts';
import { configOptions } from '../asking/ask.ts';
import type { Action, Command } from '../asking/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { cut } from '../views/width.ts';

const ACTIONS = [
  { name: 'list', about: 'shows what was refused, and why' },
  { name: 'show', operands: 'ID', about: 'shows one message in full' },
  { name: 'retry', operands: '[ID]', about: 'tries to store one message again, or all' },
] as const satisfies readonly Action[];
/** Columns of a message's text in a list. */
const TEXT_WIDTH = 61;

/** `cordwood dead-letter`: messages that the store refuses however often they are tried. */
export const deadLetter: Command = {
  name: 'dead-letter',
  operands: 'list | show ID | retry [ID]',
  actions: ACTIONS,
  about: 'Lists the messages that MongoDB refuses, shows one in full, or tries to store them again.',
  flags: [outputFlag(['text', 'json'], 'text: for people; json: one object per line'), ...COMMON_FLAGS],
  examples: [
    ['cordwood dead-letter list', 'what was refused, and why'],
    ['cordwood dead-letter retry', 'after the validator was corrected: store all of them, under their old ids'],
  ],
  epilogue:
    'Dead letters are kept in dead-letters.jsonl in the data folder, one per line. After retry, searches find the stored ' +
    'ones; followers (search -f) do not show them again.\n\n' +
    'Exit codes: 0 success; 1 some are still refused; 2 the command line is invalid; 4 the store cannot be reached.',
  async run({ args, terminal, output, services, note }) {
    const [action, id] = readWords(args);
    const deadLetters = await services.deadLetters(await loadSettings(configOptions(args), terminal.env));
    const all = deadLetters.list();
    const chosen = id === undefined ? all : all.filter((letter) => letter.id === id);
    if (id !== undefined && chosen.length === 0) {
      throw usageError(`cannot ${action} the dead letter ${id}: unknown id; cordwood dead-letter list shows them all`);
    }
    if (action === 'retry') {
      const stored = await deadLetters.retry(chosen);
      note(`stored ${formatCount(stored.length)} of ${formatCount(chosen.length)}`);
      return stored.length < chosen.length ? EXIT.noMatch : EXIT.ok;
    }
    const write = args.text('output') === 'json' ? jsonText : action === 'show' ? fullText : lineText;
    for (const letter of chosen) await output.write(write(letter));
    return EXIT.ok;
  },
};

function readWords(args: Args): [action: (typeof ACTIONS)[number]['name'], id: string | undefined] {
  const [word, id, extra] = args.words;
  const action = ACTIONS.find(({ name }) => name === word)?.name;
  if (action === undefined) throw usageError(`cannot run dead-letter: write ${deadLetter.operands}`);
  if (extra !== undefined || (action === 'list' && id !== undefined)) {
    throw usageError(`cannot read ${JSON.stringify(extra ?? id)}: write dead-letter ${deadLetter.operands}`);
  }
  if (action === 'show' && id === undefined) {
    throw usageError('cannot show a dead letter: give its id, from cordwood dead-letter list');
  }
  return [action, id];
}

function jsonText(letter: DeadLetter): string {
  return `${visibleJson(JSON.stringify(letter))}\n`;
}

function lineText({ id, message, reason }: DeadLetter): string {
  const head = visible(`${id}  ${message.received_at}  ${message.hostname ?? '-'}  ${reason}`);
  return `${head}  ${cut(visible(message.message), TEXT_WIDTH)}\n`;
}

function fullText({ id, at, reason, message }: DeadLetter): string {
  const head = [`id       ${id}`, `refused  ${new Date(at).toISOString()}`, `reason   ${reason}`];
  const lines = [...head, ...JSON.stringify(message, undefined, 2).split('\n')];
  return `${lines.map(visible).join('\n')}\n`;
}
