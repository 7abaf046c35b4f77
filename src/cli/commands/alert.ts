import { parseDuration } from '../../base/units.ts';
import type { AlertParams, AlertRow } from '../../ask/contract.ts';
import { alertText } from '../views/alert-text.ts';
import { ask, openServer } from '../asking/ask.ts';
import type { Args } from '../args/args.ts';
import type { Command, Context } from '../asking/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { EXIT, EXIT_HELP, usageError } from '../args/exit.ts';
import { ASKING_FLAGS, outputFlag, ZONE_FLAGS } from '../args/flags.ts';
import { zoneOf } from '../args/scope.ts';

const ACTIONS = ['list', 'show', 'ack', 'resolve', 'silence', 'mute', 'retry', 'digest', 'test'] as const;
const PER_WEEK = 5;
const HOW = 'How it is tested';

/** `cordwood alert`: what is firing, what was told, and what operators do about it. */
export const alert: Command = {
  name: 'alert',
  operands:
    'list | show NAME | ack INCIDENT | resolve INCIDENT | silence RULE TIME | mute TIME | retry | digest | test RULE',
  about: 'Shows which rules are firing and what was told of them, and says that somebody knows.',
  flags: [
    { name: 'note', value: 'TEXT', group: 'What is done', help: 'with ack: who knows, or what is being done' },
    {
      name: 'send',
      group: 'What is done',
      help: 'with digest: send it to those whom digest: in the configuration names',
    },
    {
      name: 'since',
      short: 'S',
      aliases: ['from'],
      value: 'TIME',
      group: HOW,
      help: 'with test: from when on; -7d by default',
    },
    { name: 'until', short: 'U', aliases: ['to'], value: 'TIME', group: HOW, help: 'with test: up to when; now' },
    {
      name: 'per-week',
      value: 'N',
      group: HOW,
      help: `with test: suggest the limit that gives at most so many mails a week; ${PER_WEEK} by default`,
    },
    outputFlag(['text', 'json'], 'text: for people; json: an object a line'),
    ...ZONE_FLAGS,
    ...ASKING_FLAGS,
  ],
  examples: [
    ['cordwood alert list', 'every rule, what it waits for, and what is firing'],
    ["cordwood alert ack nginx-errors-17 --note 'Ada is on it'", 'nothing is repeated until it ends'],
    [
      'cordwood alert resolve nginx-errors-17',
      'it is over, whatever the rule says; it opens again where that still holds',
    ],
    ['cordwood alert silence nginx-errors 2h', 'nobody is told of a rule for a while; 0s ends it'],
    ['cordwood alert digest', 'what the daily mail would say now; --send sends it'],
    ['cordwood alert retry', 'once the mail server takes mail again: what it had refused for good is sent, too'],
    ['cordwood alert test nginx-errors -S -30d', 'the mails that a rule would have sent'],
  ],
  epilogue: EXIT_HELP,
  async run(context) {
    const { args, output, terminal, note } = context;
    const params = await paramsOf(args, terminal.now());
    const json = args.text('output') === 'json';
    const text = json ? undefined : alertText({ zone: zoneOf(args), now: terminal.now() });
    let rows = 0;
    const show = async (row: AlertRow): Promise<void> => {
      if ('done' in row) return note(doneText(params));
      if ('sentTo' in row) return note(`it is sent to ${row.sentTo.join(', ')} as soon as the server looks`);
      if ('retried' in row) return note(retriedText(row.retried));
      if ('progress' in row) return note(`${Math.round(row.progress * 100)} % judged`);
      rows++;
      const written = text ? text(row).split('\n').map(visible).join('\n') : `${visibleJson(JSON.stringify(row))}\n`;
      await output.write(written);
    };
    if (NEEDS_SERVER.has(params.action)) await noteWithoutServer(context);
    await ask(context, 'alerts', params, show);
    if (rows === 0 && params.action === 'list') note('the configuration has no alerts; README.md shows a first one');
    if (rows === 0 && params.action === 'letters') note(`nothing was told of ${params.name} in the last week`);
    return EXIT.ok;
  },
};

/** What waits for a server that judges and sends. */
const NEEDS_SERVER: ReadonlySet<AlertParams['action']> = new Set(['list', 'retry', 'silence', 'mute']);

async function noteWithoutServer(context: Context): Promise<void> {
  await using server = await openServer(context);
  if (!server) context.note('no server runs: nothing is judged or sent until one does');
}

async function paramsOf(args: Args, now: number): Promise<AlertParams> {
  const [action = 'list', first, second, ...rest] = args.words;
  if (rest.length > 0) throw usageError(`cannot read ${JSON.stringify(rest[0])}: alert ${action} takes no more`);
  switch (action) {
    case 'list':
      return { action };
    case 'show':
      return { action: 'letters', name: needed(action, first, 'an incident or a rule') };
    case 'ack': {
      const note = args.text('note');
      return { action, incident: needed(action, first, 'an incident'), ...(note !== undefined && { note }) };
    }
    case 'resolve':
      return { action, incident: needed(action, first, 'an incident') };
    case 'silence':
      return { action, rule: needed(action, first, 'a rule'), ms: timeIn(needed(action, second, 'a time, e.g. 2h')) };
    case 'mute':
      return { action, ms: timeIn(needed(action, first, 'a time, e.g. 2h')) };
    case 'digest':
      return { action, send: args.has('send') };
    case 'retry':
      return { action };
    case 'test':
      return { action, rule: needed(action, first, 'a rule'), ...(await testOf(args, now)) };
    default:
      throw usageError(`cannot run alert ${JSON.stringify(action)}: there are ${ACTIONS.join(', ')}`);
  }
}

function needed(action: string, word: string | undefined, what: string): string {
  if (word !== undefined) return word;
  throw usageError(`cannot run alert ${action}: name ${what}; cordwood alert list shows what there is`);
}

function timeIn(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined)
    throw usageError(`cannot read ${JSON.stringify(text)}: it is no time; write 30m, 2h, 1d, or 0s`);
  return ms;
}

async function testOf(args: Args, now: number): Promise<{ since: number; until: number; perWeek: number }> {
  const { parseTime } = await import('../../query/index.ts');
  const zone = zoneOf(args);
  const at = (name: string, otherwise: string): number => parseTime(args.text(name) ?? otherwise, { now, zone });
  return { since: at('since', '-7d'), until: at('until', 'now'), perWeek: args.count('per-week', 1) ?? PER_WEEK };
}

function retriedText(count: number): string {
  if (count === 0) return 'nothing was refused, and nothing waits for another try';
  return `${count === 1 ? 'a notice is' : `${count} notices are`} tried again within a minute`;
}

function doneText(params: AlertParams): string {
  switch (params.action) {
    case 'ack':
      return `nothing more is repeated of ${params.incident} until it ends`;
    case 'resolve':
      return `${params.incident} is closed; it opens again where its condition still holds`;
    case 'silence':
      return params.ms > 0
        ? `nobody is told of ${params.rule} until that time is over`
        : `${params.rule} is told again`;
    case 'mute':
      return params.ms > 0 ? 'nobody is told anything until that time is over' : 'everything is told again';
    default:
      return 'done';
  }
}
