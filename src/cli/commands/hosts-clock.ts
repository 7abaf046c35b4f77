import type { ClocksParams, Questions } from '../../ask/contract.ts';
import { formatDuration } from '../../base/units.ts';
import { askAll } from '../asking/ask.ts';
import type { Args } from '../args/args.ts';
import type { Context } from '../asking/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { table } from '../views/table.ts';

type Row = Questions['clocks']['row'];
type Change = Extract<Row, { before: string }>;
type Clock = Exclude<Row, Change>;

/** Below this nobody asks for milliseconds; the stamps of RFC 3164 have none. */
const SECOND = 1000;
const MINUTE = 60_000;

/** `cordwood hosts clock`: which clocks are off and why, and the zones that are set for hosts. @returns the exit code */
export async function hostsClock(context: Context, hosts: readonly string[]): Promise<number> {
  const { args, output, note } = context;
  const params = paramsOf(args, hosts);
  const { rows } = await askAll(context, 'clocks', params);
  const all = hosts.length > 0 || args.has('all');
  const shown = rows.filter((row) => 'before' in row || all || row.set || row.state === 'off');
  if (args.text('output') === 'json') {
    for (const row of shown) await output.write(`${visibleJson(JSON.stringify(row))}\n`);
  } else {
    const changes = shown.filter((row): row is Change => 'before' in row);
    const clocks = shown.filter((row): row is Clock => !('before' in row));
    if (clocks.length > 0) await output.write(tableOf(clocks));
    for (const change of changes) await output.write(`${visible(changeText(change, params.action))}\n`);
  }
  const end = endOf(shown, rows, params.action);
  if (end !== '') note(end);
  return EXIT.ok;
}

function paramsOf(args: Args, hosts: readonly string[]): ClocksParams {
  const names = [...hosts];
  const zone = args.text('zone');
  if (args.has('apply') && args.has('unset')) throw usageError('cannot apply and unset at once: give one of them');
  if (zone !== undefined && (!args.has('apply') || names.length === 0)) {
    throw usageError('cannot set --zone alone: write hosts clock --apply --zone ZONE HOST…');
  }
  if (args.has('unset') && names.length === 0) {
    throw usageError('cannot unset the zone of no host: write hosts clock --unset HOST…');
  }
  if (args.has('unset')) return { action: 'unset', hosts: names };
  if (args.has('apply')) return { action: 'set', hosts: names, ...(zone !== undefined && { zone }) };
  return { action: 'list', hosts: names };
}

function tableOf(rows: readonly Clock[]): string {
  const cells = rows.map((row) => [
    offText(row.skew),
    row.host,
    row.stamps === 'bare' ? 'no zone' : row.zone,
    row.stamps === 'bare' ? `${row.zone}${row.set ? ' (set)' : ''}` : '-',
    findingOf(row),
  ]);
  const heads = ['off by', 'host', 'stamps say', 'read in', 'finding'];
  return table([heads, ...cells].map((line) => line.map(visible)));
}

function findingOf({ state, cause, likely, others = [], left = 0, skew = 0 }: Clock): string {
  switch (state) {
    case 'ok':
      return 'right';
    case 'unseen':
      return 'none of its stamps was seen yet';
    case 'unsettled':
      return 'behind, or its lines were under way for so long: look again in some minutes';
    case 'off':
  }
  switch (cause) {
    case 'zone': {
      const choice = others.length > 0 ? ` (or ${others.join(', ')})` : '';
      const rest = Math.abs(left) < SECOND ? 'right' : `${offText(left)}`;
      return `looks like ${likely}${choice}; with --apply it is ${rest}`;
    }
    case 'offset':
      return 'it sends a wrong offset: set its time zone there';
    default:
      return skew > 0
        ? 'its clock is wrong: set it there by NTP'
        : 'its clock is wrong, unless its lines are always under way for so long: set it there by NTP';
  }
}

/** `2h ahead`, `3m behind`, `right`; what a clock is off by, for people. */
export function offText(skew: number | undefined): string {
  if (skew === undefined) return '-';
  const size = Math.abs(skew);
  if (size < SECOND) return 'nothing';
  const step = size < 10 * MINUTE ? SECOND : MINUTE;
  return `${formatDuration(Math.round(size / step) * step)} ${skew > 0 ? 'ahead' : 'behind'}`;
}

function changeText({ host, before, zone }: Change, action: ClocksParams['action']): string {
  return action === 'unset'
    ? `${host}: its zone is no longer set; read as ${zone} says, not as ${before}`
    : `${host}: read in ${zone} from now on, not in ${before}`;
}

function endOf(shown: readonly Row[], rows: readonly Row[], action: ClocksParams['action']): string {
  if (action === 'list') {
    if (rows.length === 0) return 'no stamp was seen yet';
    const likely = shown.filter((row) => 'likely' in row).length;
    if (likely > 0) return `--apply sets the zone of ${likely}; it counts for more than zones: and listen: say`;
    return shown.length === 0 ? `${rows.length} clocks, none of them off by a minute` : '';
  }
  if (shown.length === 0) return 'nothing to change: no host looks as if it were in another zone';
  return 'for what arrives from now on, within seconds, and after a restart; stored messages keep their stamps';
}
