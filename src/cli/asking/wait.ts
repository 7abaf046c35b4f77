import type { SearchParams } from '../../ask/contract.ts';
import { timeoutOf } from '../args/duration.ts';
import { EXIT } from '../args/exit.ts';
import { zoneOf } from '../args/scope.ts';
import { writeCursorFile } from '../io/cursor-file.ts';
import { gapLine } from '../views/gap-line.ts';
import { isCursor } from './ask.ts';
import type { Context } from './command.ts';
import { follow } from './follow.ts';
import { openFormat, RowWriter } from './row-writer.ts';

/**
 * `-f` and `--wait-for`: shows matches as they arrive, until there are enough or the timeout expires. A cursor is saved
 * only once all rows before it are written.
 */
export async function runFollow(context: Context, params: SearchParams): Promise<number> {
  const { args, output, terminal } = context;
  const waits = args.has('wait-for');
  const wanted = waits ? (args.count('count', 1) ?? 1) : Number.POSITIVE_INFINITY;
  const timeout = args.text('timeout');
  const timeoutMs = timeout === undefined ? undefined : timeoutOf(timeout);
  const writer = new RowWriter(await openFormat(context), output, (gap) => context.note(gapLine(zoneOf(args))(gap)));
  const enough = new AbortController();
  let timedOut = false;
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          enough.abort();
        }, timeoutMs);
  const signal = AbortSignal.any([context.signal, enough.signal]);
  // --wait-for does not count earlier matches, unless -S asks for them.
  const asked =
    waits && params.since === undefined && params.cursor === undefined ? { ...params, since: terminal.now() } : params;
  const saveCursor = cursorSaver(args.text('cursor-file'), params.cursor);
  try {
    for await (const row of follow({ ...context, signal }, asked)) {
      if (isCursor(row)) await saveCursor(row._cursor, () => output.flush());
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

function cursorSaver(file: string | undefined, saved: string | undefined) {
  let last = saved;
  return async (cursor: string, flush: () => Promise<void>): Promise<void> => {
    if (file === undefined || cursor === last) return;
    await flush();
    writeCursorFile(file, cursor);
    last = cursor;
  };
}
