import type { ClocksParams, Questions } from '../../ask/contract.ts';
import { countOf } from '../../base/text.ts';
import type { Args } from '../args/args.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { askAll } from '../asking/ask.ts';
import type { Context } from '../asking/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { clocksText, type HostClock, type ZoneChange, zoneChangeText } from '../views/clock-text.ts';

type Row = Questions['clocks']['row'];

/** `cordwood hosts clock`: which clocks are off and why, and the time zones set for hosts. @returns the exit code */
export async function hostsClock(context: Context, hosts: readonly string[]): Promise<number> {
  const { args, output, note } = context;
  const params = paramsOf(args, hosts);
  const { rows } = await askAll(context, 'clocks', params);
  const all = hosts.length > 0 || args.has('all');
  const shown = rows.filter((row) => 'before' in row || all || row.set || row.state === 'off');
  if (args.text('output') === 'json') {
    for (const row of shown) await output.write(`${visibleJson(JSON.stringify(row))}\n`);
  } else {
    const changes = shown.filter((row): row is ZoneChange => 'before' in row);
    const clocks = shown.filter((row): row is HostClock => !('before' in row));
    if (clocks.length > 0) await output.write(clocksText(clocks));
    const action = params.action === 'unset' ? 'unset' : 'set';
    for (const change of changes) await output.write(`${visible(zoneChangeText(change, action))}\n`);
  }
  const hint = hintAfter(shown, rows, params.action);
  if (hint !== '') note(hint);
  return EXIT.ok;
}

function paramsOf(args: Args, hosts: readonly string[]): ClocksParams {
  const names = [...hosts];
  const zone = args.text('zone');
  if (args.has('apply') && args.has('unset')) throw usageError('cannot use --apply and --unset together: use one');
  if (zone !== undefined && (!args.has('apply') || names.length === 0)) {
    throw usageError('cannot use --zone alone: write cordwood hosts clock --apply --zone ZONE HOST…');
  }
  if (args.has('unset') && names.length === 0) {
    throw usageError('cannot unset a time zone without a host: write cordwood hosts clock --unset HOST…');
  }
  if (args.has('unset')) return { action: 'unset', hosts: names };
  if (args.has('apply')) return { action: 'set', hosts: names, ...(zone !== undefined && { zone }) };
  return { action: 'list', hosts: names };
}

function hintAfter(shown: readonly Row[], rows: readonly Row[], action: ClocksParams['action']): string {
  if (action === 'list') {
    if (rows.length === 0) return 'no timestamp has been seen yet';
    const likely = shown.filter((row) => 'likely' in row).length;
    if (likely > 0)
      return `--apply sets the time zone of ${countOf(likely, 'host')}, overriding zones: and listen: in the configuration`;
    return shown.length === 0 ? `${countOf(rows.length, 'clock')}, none of them off by a minute or more` : '';
  }
  if (shown.length === 0) return 'nothing to change: no host looks as if it were in another time zone';
  return 'takes effect within seconds, for what arrives from now on; stored messages keep their timestamps';
}
