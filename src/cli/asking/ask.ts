import { dataFolder, loadSettings } from '../../config/index.ts';
import type { Client, End, QuestionName, Questions } from '../../ask/contract.ts';
import { copiedFrom } from '../../base/machine/server-pid.ts';
import { countOf } from '../../base/text.ts';
import type { Args } from '../args/args.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { zoneOf } from '../args/scope.ts';
import type { AnswerRow } from '../io/answer.ts';
import { connectServer } from '../io/client.ts';
import { remoteClient } from '../io/remote.ts';
import type { Context } from './command.ts';
import { remoteOf } from './remote.ts';

/** Gaps noted after an answer, at most. */
const GAPS = 5;

/** The flags that choose the configuration and the data folder. @throws CordwoodError ERR_USAGE if one is empty */
export function configOptions(args: Args): { config: string | undefined; data: string | undefined } {
  for (const name of ['config', 'data']) {
    // An empty value comes from an unset variable of a script. Falling back to the default would use the wrong server.
    if (args.text(name) === '') throw usageError(`cannot read --${name} "": it is empty; give a path, or leave it out`);
  }
  return { config: args.text('config'), data: args.text('data') };
}

/**
 * The server of `--server`, or the one that runs here; undefined if none runs.
 * @throws CordwoodError ERR_UNREACHABLE if this user may not connect, ERR_USAGE if `--server` cannot be used
 */
export async function openServer(context: Context): Promise<Client | undefined> {
  const { args, terminal } = context;
  const remote = remoteOf(context);
  if (remote) return remoteClient(remote);
  return connectServer(await dataFolder(configOptions(args), terminal.env));
}

/** Notes that a copy of a data folder is read by itself: the server of the original does not answer for it. */
async function noteCopy({ args, terminal, note }: Context): Promise<void> {
  const folder = await dataFolder(configOptions(args), terminal.env);
  const original = copiedFrom(folder);
  if (original !== undefined)
    note(`${folder} is a copy of ${original}: reading the copy itself, not asking the server there`);
}

/** The running server, or else the store itself. @throws CordwoodError */
export async function openClient(context: Context): Promise<Client> {
  const { args, terminal, services, note } = context;
  const server = await openServer(context);
  if (args.has('verbose'))
    note(server ? 'the running server answers' : 'no server is running: reading the store itself');
  if (!server) await noteCopy(context);
  return server ?? (await services.openLocal(await loadSettings(configOptions(args), terminal.env)));
}

/** Asks a question and passes on its rows. Notes what the answer does not cover, and returns its `End`. */
export async function ask<Name extends QuestionName>(
  context: Context,
  name: Name,
  params: Questions[Name]['params'],
  onRow: (row: Questions[Name]['row']) => Promise<void> | undefined,
): Promise<End> {
  await using client = await openClient(context);
  const answer = client.ask(name, params, context.signal);
  for (;;) {
    const { value, done } = await answer.next();
    if (done) {
      await noteEnd(context, value);
      // A search has its gaps among the rows.
      if (name !== 'search') await noteGaps(context, value);
      return value;
    }
    if (isCursor(value)) continue;
    const written = onRow(value);
    if (written) await written;
  }
}

/** All rows of a short answer. */
export async function askAll<Name extends QuestionName>(
  context: Context,
  name: Name,
  params: Questions[Name]['params'],
): Promise<{ rows: Questions[Name]['row'][]; end: End }> {
  const rows: Questions[Name]['row'][] = [];
  const end = await ask(context, name, params, (row) => {
    rows.push(row);
    return undefined;
  });
  return { rows, end };
}

export function isCursor<Name extends QuestionName>(row: AnswerRow<Name>): row is { _cursor: string } {
  return typeof row === 'object' && '_cursor' in row;
}

/** Notes on stderr what an answer does not cover. */
async function noteEnd({ args, note, terminal }: Context, end: End): Promise<void> {
  if (args.has('verbose')) {
    const { formatFull } = await import('../../query/index.ts');
    const zone = zoneOf(args);
    const since = end.since === undefined ? 'the beginning' : formatFull(end.since, zone);
    const until = end.until === undefined ? `now, ${formatFull(terminal.now(), zone)}` : formatFull(end.until, zone);
    note(`searched from ${since} to ${until}; times are in ${zone ?? "this machine's zone"}`);
    if (end.fromSpool) note(`${countOf(end.fromSpool, 'message')} found in the spool, not yet in the store`);
  } else if (end.sinceDefault) note('searched the last 24 hours; -S all searches everything');
  for (const reason of end.uncovered ?? []) note(reason);
}

/** Notes on stderr where messages may be missing. */
async function noteGaps({ args, note }: Context, { gaps = [], gapsLeftOut = 0 }: End): Promise<void> {
  if (gaps.length === 0) return;
  const { gapLine } = await import('../views/gap-line.ts');
  const shown = gaps.slice(-GAPS);
  const earlier = gapsLeftOut + gaps.length - shown.length;
  if (earlier > 0) note(`${countOf(earlier, 'earlier gap')}; cordwood account -S TIME lists them`);
  for (const gap of shown) note(gapLine(zoneOf(args))(gap));
}

/** The exit code of an answer: whether anything was found, and whether the window is covered. */
export function exitOf(args: Args, found: boolean, end: End): number {
  if (!found && (args.has('exit-code') || args.has('grep'))) return EXIT.noMatch;
  const covered = !end.limited && !end.uncovered?.length && !end.gaps?.length;
  return args.has('strict') && !covered ? EXIT.uncovered : EXIT.ok;
}
