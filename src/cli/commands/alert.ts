import { didYouMean } from '../../base/text/nearest.ts';
import { countOf } from '../../base/text.ts';
import { parseDuration } from '../../base/units.ts';
import type { AlertParams, AlertRow } from '../../ask/contract.ts';
import type { Args } from '../args/args.ts';
import { EXIT, EXIT_HELP, usageError } from '../args/exit.ts';
import { ASKING_FLAGS, outputFlag, ZONE_FLAGS } from '../args/flags.ts';
import { zoneOf } from '../args/scope.ts';
import { ask, openServer } from '../asking/ask.ts';
import type { Action, Command, Context } from '../asking/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { alertText } from '../views/alert-text.ts';

const PER_WEEK = 5;
const TEST = 'Flags of test';

const ACTIONS: readonly Action[] = [
  { name: 'list', about: 'shows every rule, its condition, and what is firing' },
  { name: 'show', operands: 'NAME', words: 'alert', about: 'shows the notices of an incident or of a rule' },
  { name: 'ack', operands: 'INCIDENT', words: 'incident', about: 'stops repeating the notices of an incident' },
  { name: 'resolve', operands: 'INCIDENT', words: 'incident', about: 'closes an incident' },
  { name: 'silence', operands: 'RULE TIME', words: 'rule', about: 'sends no notices of a rule for some time' },
  { name: 'mute', operands: 'TIME', about: 'sends no notices at all for some time' },
  { name: 'retry', about: 'tries again to send the notices that were rejected' },
  { name: 'digest', about: 'shows what the daily mail would say now' },
  { name: 'test', operands: 'RULE', words: 'rule', about: 'shows the mails that a rule would have sent' },
];

/** `cordwood alert`: what is firing, which notices were sent, and what operators do about it. */
export const alert: Command = {
  name: 'alert',
  operands:
    'list | show NAME | ack INCIDENT | resolve INCIDENT | silence RULE TIME | mute TIME | retry | digest | test RULE',
  actions: ACTIONS,
  about: 'Shows which rules are firing and which notices were sent; acknowledges, resolves, silences and tests.',
  flags: [
    { name: 'note', value: 'TEXT', group: 'Flags of ack', help: 'who is on it, or what is being done' },
    { name: 'send', group: 'Flags of digest', help: 'send the digest to its recipients instead of showing it' },
    {
      name: 'since',
      short: 'S',
      aliases: ['from'],
      value: 'TIME',
      source: 'time',
      group: TEST,
      help: 'test against messages that arrived at TIME or later; default: -7d',
    },
    {
      name: 'until',
      short: 'U',
      aliases: ['to'],
      value: 'TIME',
      source: 'time',
      group: TEST,
      help: 'test against messages that arrived before TIME; default: now',
    },
    {
      name: 'per-week',
      value: 'N',
      group: TEST,
      help: `suggest a limit that sends at most N mails a week; default: ${PER_WEEK}`,
    },
    outputFlag(['text', 'json'], 'text: for people; json: one object per line'),
    ...ZONE_FLAGS,
    ...ASKING_FLAGS,
  ],
  examples: [
    ['cordwood alert list', 'every rule, its condition, and what is firing'],
    ["cordwood alert ack nginx-errors-17 --note 'Ada is on it'", 'stop repeating notices of this incident'],
    ['cordwood alert resolve nginx-errors-17', 'close the incident; it opens again if its condition still holds'],
    ['cordwood alert silence nginx-errors 2h', 'send no notices of a rule for two hours; 0s ends it'],
    ['cordwood alert mute 1h', 'send no notices at all for an hour; 0s ends it'],
    ['cordwood alert digest', 'show what the daily mail would say now; --send sends it'],
    ['cordwood alert retry', 'once the mail server works again: also send what it had rejected for good'],
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
      if ('sentTo' in row) return note(`the digest will be sent to ${row.sentTo.join(', ')} shortly`);
      if ('retried' in row) return note(retriedText(row.retried));
      if ('progress' in row) return note(`${Math.round(row.progress * 100)} % judged`);
      rows++;
      const written = text ? text(row).split('\n').map(visible).join('\n') : `${visibleJson(JSON.stringify(row))}\n`;
      await output.write(written);
    };
    if (NEEDS_SERVER.has(params.action)) await noteWithoutServer(context);
    await ask(context, 'alerts', params, show);
    if (rows === 0 && params.action === 'list')
      note('the configuration has no alerts; docs/alerts.md shows a first one');
    if (rows === 0 && params.action === 'letters') {
      await checkName(context, params.name);
      note(`no notices of ${params.name} were sent in the last week`);
    }
    return EXIT.ok;
  },
};

/** @throws CordwoodError ERR_USAGE if neither a rule nor an incident has the name */
async function checkName(context: Context, name: string): Promise<void> {
  const known: string[] = [];
  await ask(context, 'alerts', { action: 'list' }, (row) => {
    if ('schedule' in row) known.push(row.rule, ...(row.incident ? [row.incident.id] : []));
    return undefined;
  });
  const rule = name.replace(/-\d+$/, '');
  if (known.includes(name) || (rule !== name && known.includes(rule))) return;
  const hint = didYouMean(name, known) || '; cordwood alert list shows them';
  throw usageError(`cannot show ${JSON.stringify(name)}: no rule and no incident has this name${hint}`);
}

/** Actions that take effect only while a server judges rules and sends notices. */
const NEEDS_SERVER: ReadonlySet<AlertParams['action']> = new Set(['list', 'retry', 'silence', 'mute']);

async function noteWithoutServer(context: Context): Promise<void> {
  await using server = await openServer(context);
  if (!server) context.note('no server is running: until one does, no rule is judged and no notice is sent');
}

async function paramsOf(args: Args, now: number): Promise<AlertParams> {
  const [action = 'list', first, second, ...rest] = args.words;
  if (rest.length > 0) throw usageError(`cannot read ${JSON.stringify(rest[0])}: alert ${action} takes no more words`);
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
      return { action, rule: needed(action, first, 'a rule'), ms: durationIn(neededDuration(action, second)) };
    case 'mute':
      return { action, ms: durationIn(neededDuration(action, first)) };
    case 'digest':
      return { action, send: args.has('send') };
    case 'retry':
      return { action };
    case 'test':
      return { action, rule: needed(action, first, 'a rule'), ...(await testOf(args, now)) };
    default:
      throw usageError(
        `cannot run alert ${JSON.stringify(action)}: use one of ${ACTIONS.map(({ name }) => name).join(', ')}`,
      );
  }
}

function needed(action: string, word: string | undefined, what: string): string {
  if (word !== undefined) return word;
  throw usageError(`cannot run alert ${action}: name ${what}; cordwood alert list shows them`);
}

function neededDuration(action: string, word: string | undefined): string {
  if (word !== undefined) return word;
  throw usageError(`cannot run alert ${action}: say for how long, e.g. 2h`);
}

function durationIn(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) {
    throw usageError(`cannot read ${JSON.stringify(text)}: it is not a duration; write e.g. 30m, 2h, 1d, or 0s`);
  }
  return ms;
}

async function testOf(args: Args, now: number): Promise<{ since: number; until: number; perWeek: number }> {
  const { parseTime } = await import('../../query/index.ts');
  const zone = zoneOf(args);
  const at = (name: string, otherwise: string): number => parseTime(args.text(name) ?? otherwise, { now, zone });
  return { since: at('since', '-7d'), until: at('until', 'now'), perWeek: args.count('per-week', 1) ?? PER_WEEK };
}

function retriedText(count: number): string {
  if (count === 0) return 'nothing to retry: no notice was rejected, and none is waiting for another try';
  return `${countOf(count, 'notice')} will be tried again within a minute`;
}

function doneText(params: AlertParams): string {
  switch (params.action) {
    case 'ack':
      return `${params.incident} is acknowledged: no more notices until it ends`;
    case 'resolve':
      return `${params.incident} is closed; it opens again if its condition still holds`;
    case 'silence':
      return params.ms > 0
        ? `${params.rule} is silenced: no notices of it until that time is over`
        : `${params.rule} is no longer silenced`;
    case 'mute':
      return params.ms > 0 ? 'all notices are muted until that time is over' : 'notices are no longer muted';
    default:
      return 'done';
  }
}
