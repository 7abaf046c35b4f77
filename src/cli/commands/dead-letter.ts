import { loadSettings } from '../../config/index.ts';
import type { DeadLetter } from '../../transfer/contract.ts';
import { configOptions } from '../asking/ask.ts';
import type { Args } from '../args/args.ts';
import type { Command } from '../asking/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { COMMON_FLAGS, outputFlag } from '../args/flags.ts';

const ACTIONS = ['list', 'show', 'retry'] as const;
/** Characters of a message that a list shows. */
const SHOWN = 60;

/** `cordwood dead-letter`: messages that the store refuses whatever one does. */
export const deadLetter: Command = {
  name: 'dead-letter',
  operands: 'list | show ID | retry [ID]',
  about: 'Lists the messages that MongoDB refuses, shows one whole, and tries to store them again.',
  flags: [outputFlag(['text', 'json'], 'text: for people; json: an object a line'), ...COMMON_FLAGS],
  examples: [
    ['cordwood dead-letter list', 'what was refused, and why'],
    ['cordwood dead-letter retry', 'after the validator was corrected: all of them, under the ids that they had'],
  ],
  epilogue:
    'They lie in dead-letters.jsonl in the data folder, one a line. What is stored by retry is found by every question, but not told again to who follows.\n\n' +
    'Exit codes: 0 ok; 1 some are refused still; 2 the command line cannot be understood; 4 the store cannot be reached.',
  async run({ args, terminal, output, services, note }) {
    const [action, id] = readWords(args);
    const desk = await services.deadLetters(await loadSettings(configOptions(args), terminal.env));
    const all = desk.list();
    const letters = id === undefined ? all : all.filter((letter) => letter.id === id);
    if (id !== undefined && letters.length === 0) {
      throw usageError(`cannot ${action} the dead letter ${id}: there is none; see cordwood dead-letter list`);
    }
    if (action === 'retry') {
      const stored = await desk.retry(letters);
      note(`stored ${stored.length} of ${letters.length}`);
      return stored.length < letters.length ? EXIT.noMatch : EXIT.ok;
    }
    const write = args.text('output') === 'json' ? jsonText : action === 'show' ? wholeText : lineText;
    for (const letter of letters) await output.write(write(letter));
    return EXIT.ok;
  },
};

function readWords(args: Args): [action: (typeof ACTIONS)[number], id: string | undefined] {
  const [word, id, extra] = args.words;
  const action = ACTIONS.find((each) => each === word);
  if (action === undefined) throw usageError('cannot read dead letters: say list, show ID or retry');
  if (extra !== undefined || (action === 'list' && id !== undefined)) {
    throw usageError(`cannot read ${JSON.stringify(extra ?? id)}: dead-letter takes ${deadLetter.operands}`);
  }
  if (action === 'show' && id === undefined) throw usageError('cannot show a dead letter: name its id, as list has it');
  return [action, id];
}

function jsonText(letter: DeadLetter): string {
  return `${visibleJson(JSON.stringify(letter))}\n`;
}

function lineText({ id, message, reason }: DeadLetter): string {
  const text = message.message.length > SHOWN ? `${message.message.slice(0, SHOWN)}…` : message.message;
  return `${visible(`${id}  ${message.received_at}  ${message.hostname ?? '-'}  ${reason}  ${text}`)}\n`;
}

function wholeText({ id, at, reason, message }: DeadLetter): string {
  const head = [`id       ${id}`, `refused  ${new Date(at).toISOString()}`, `reason   ${reason}`];
  const lines = [...head, ...JSON.stringify(message, undefined, 2).split('\n')];
  return `${lines.map(visible).join('\n')}\n`;
}
