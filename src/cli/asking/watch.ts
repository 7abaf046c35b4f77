import { parseDuration } from '../../base/units.ts';
import type { SearchParams } from '../../ask/contract.ts';
import { isCursor } from './ask.ts';
import type { Context } from './command.ts';
import { writeCursorFile } from '../io/cursor-file.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { follow } from './follow.ts';
import { gapLine } from '../views/gap-line.ts';
import { openFormat, RowWriter } from './row-writer.ts';
import { zoneOf } from '../args/scope.ts';

/**
 * `-f` and `--wait-for`: shows what matches as it comes, until enough came or the time is over. A cursor goes to its file
 * only once all rows before it are written.
 */
export async function runFollow(context: Context, params: SearchParams): Promise<number> {
  const { args, output, terminal } = context;
  const waits = args.has('wait-for');
  const wanted = waits ? (args.count('count', 1) ?? 1) : Number.POSITIVE_INFINITY;
  const timeout = timeoutOf(args.text('timeout'));
  const writer = new RowWriter(await openFormat(context), output, (gap) => context.note(gapLine(zoneOf(args))(gap)));
  const enough = new AbortController();
  let timedOut = false;
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          enough.abort();
        }, timeout);
  const signal = AbortSignal.any([context.signal, enough.signal]);
  // What matched before is not waited for, unless -S says so.
  const asked =
    waits && params.since === undefined && params.cursor === undefined ? { ...params, since: terminal.now() } : params;
  const keep = cursorKeeper(args.text('cursor-file'), params.cursor);
  try {
    for await (const row of follow({ ...context, signal }, asked)) {
      if (isCursor(row)) await keep(row._cursor, () => output.flush());
      else await writer.write(row);
      if (writer.matches >= wanted) break;
    }
  } finally {
    clearTimeout(timer);
    enough.abort();
  }
  await output.flush();
  return timedOut && writer.matches < wanted ? EXIT.timeout : EXIT.ok;
}

function timeoutOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  if (ms !== undefined && ms > 0 && ms < 2 ** 31) return ms;
  throw usageError(`cannot read --timeout ${text}: it takes a duration, e.g. 60s or 10m`);
}

function cursorKeeper(file: string | undefined, known: string | undefined) {
  let last = known;
  return async (cursor: string, flush: () => Promise<void>): Promise<void> => {
    if (file === undefined || cursor === last) return;
    await flush();
    writeCursorFile(file, cursor);
    last = cursor;
  };
}
