import { MINUTE, parseDuration } from '../../base/units.ts';
import type { Group } from '../../model/query.ts';
import { SEARCH_EXIT_HELP, usageError } from '../args/exit.ts';
import {
  ASKING_FLAGS,
  COLOR_FLAG,
  EXIT_CODE_FLAGS,
  outputFlag,
  QUERY_HELP,
  SCOPE_FLAGS,
  ZONE_FLAGS,
} from '../args/flags.ts';
import { fieldList, scopeOf, zoneOf } from '../args/scope.ts';
import { askAll, exitOf } from '../asking/ask.ts';
import type { Command, Context } from '../asking/command.ts';
import { noteNoMatch } from '../asking/no-match.ts';
import { csvLine } from '../formats/csv.ts';
import { wantsColor } from '../io/colors.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { chart } from '../views/chart.ts';
import { groupText } from '../views/group-text.ts';
import { stampsIn } from '../views/stamps.ts';

const BUCKETS = 'Buckets';

/** `cordwood hist`: the number of messages over time. */
export const hist: Command = {
  name: 'hist',
  operands: '[query]',
  words: 'query',
  about: 'Draws how many messages arrived over time.',
  flags: [
    { name: 'by', value: 'FIELD', source: 'field', group: BUCKETS, help: 'count each value of this field separately' },
    { name: 'every', value: 'TIME', group: BUCKETS, help: 'the length of a bucket: 5m, 1h …; default: what fits' },
    ...SCOPE_FLAGS,
    outputFlag(['text', 'json', 'csv'], 'text: bars; json: one object per bucket that is not empty; csv'),
    COLOR_FLAG,
    ...ZONE_FLAGS,
    ...EXIT_CODE_FLAGS,
    ...ASKING_FLAGS,
  ],
  examples: [
    ['cordwood hist -p err -S -6h', 'errors in the last six hours'],
    ['cordwood hist --by severity --every 1h -S today', 'by severity and hour'],
  ],
  epilogue: `${QUERY_HELP}\n\n${SEARCH_EXIT_HELP}`,
  async run(context) {
    const { args, terminal, output } = context;
    const scope = await scopeOf(args, args.words, terminal.now(), context.note);
    const by = args.text('by');
    const [field, second] = by === undefined ? [] : await fieldList(by, '--by');
    if (second !== undefined)
      throw usageError(`cannot read --by ${by}: it takes one field; cordwood top ${by} counts several together`);
    const every = everyOf(args.text('every'));
    const { rows, end } = await askAll(context, 'hist', {
      ...scope,
      ...(field !== undefined && { by: field }),
      ...(every !== undefined && { every }),
    });
    const step = end.every ?? every ?? MINUTE;
    await output.write(bucketsText(context, { groups: rows, field, step, since: end.since, until: end.until }));
    if (rows.length === 0) await noteNoMatch(context, scope, end);
    return exitOf(args, rows.length > 0, end);
  },
};

function everyOf(text: string | undefined): number | undefined {
  const ms = text === undefined ? undefined : parseDuration(text);
  if (text === undefined || (ms !== undefined && ms > 0)) return ms;
  throw usageError(`cannot read --every ${text}: it takes a duration with its unit, e.g. 5m or 1h`);
}

/** Buckets of `step` ms, and the window they are from, ms. */
type Buckets = {
  readonly groups: readonly Group[];
  readonly field: string | undefined;
  readonly step: number;
  readonly since: number | undefined;
  readonly until: number | undefined;
};

function bucketsText({ args, terminal, output }: Context, buckets: Buckets): string {
  const { groups, field, step } = buckets;
  const stamps = stampsIn(zoneOf(args));
  const format = args.text('output') ?? 'text';
  if (format === 'json') {
    return groups
      .map(({ at = 0, values, count }) => {
        const value = field === undefined ? {} : { [field]: values[0] ?? null };
        return `${visibleJson(JSON.stringify({ at: new Date(at).toISOString(), ...value, count }))}\n`;
      })
      .join('');
  }
  if (format === 'csv') {
    const shown = (text: string): string => (output.isTerminal ? visible(text) : text);
    const rows = groups.map(({ at = 0, values, count }) => [
      stamps.iso(at),
      ...(field === undefined ? [] : [shown(groupText(field, values[0] ?? null, ''))]),
      String(count),
    ]);
    return [['at', ...(field === undefined ? [] : [field]), 'count'], ...rows].map(csvLine).join('');
  }
  return chart({
    ...buckets,
    now: terminal.now(),
    columns: output.columns,
    color: wantsColor(args.text('color'), terminal.env, output.isTerminal),
    stamp: (at) => stamps.bucket(at, step),
  });
}
