import { setTimeout as sleep } from 'node:timers/promises';
import { dataFolder } from '../../config/index.ts';
import type { Client } from '../../ask/contract.ts';
import { isUnsafe } from '../../base/text/unsafe-text.ts';
import { Args } from '../args/args.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { type Source, SOURCES } from '../args/flag.ts';
import { COMMON_FLAGS } from '../args/flags.ts';
import { configOptions } from '../asking/ask.ts';
import type { Command, Context } from '../asking/command.ts';
import { remoteOf } from '../asking/remote.ts';
import { connectServer } from '../io/client.ts';
import { remoteClient } from '../io/remote.ts';
import { type AskNames, candidates } from './candidates.ts';
import { textOfWord } from './raw-word.ts';

/** The server has this long to answer, ms: a person waits. CORDWOOD_COMPLETE_MS is another time, for a far server. */
const ASK_MS = 250;
/** Turns of the event loop in which it is waited for an answer. */
const TURNS = 10;
/** Flags of the command line that is completed which choose the server to ask. */
const PLACES = ['server', 'token-file', 'ca', 'config', 'data'];

/**
 * `cordwood complete`, which the completions of shells run: prints words that can stand in place of what is typed, one
 * on each line. It never fails: a server that is away or slow, or does not answer this user, has no names to offer.
 */
export const complete: Command = {
  name: 'complete',
  operands: `${SOURCES.join('|')} -- TYPED [WORD…]`,
  about: 'Prints what can stand in place of a word, for the completion of shells; see cordwood completion.',
  flags: COMMON_FLAGS.filter(({ name }) => name === 'help'),
  examples: [
    ['cordwood complete host -- we cordwood search -H', 'hosts that begin with we'],
    ['cordwood complete query -- severity: cordwood search', 'values of a field'],
  ],
  epilogue: 'Exit codes: 0 always, also if the server does not answer within 250 ms; 2 the command line is invalid.',
  async run(context) {
    const { args, terminal, output } = context;
    const [source, raw = '', ...line] = args.words;
    if (!isSource(source))
      throw usageError(`cannot complete ${JSON.stringify(source ?? '')}: use ${SOURCES.join(', ')}`);
    const { env } = terminal;
    const typed = textOfWord(raw, env['HOME']);
    const places = placesIn(line, env['HOME']);
    if (typed !== undefined && places) {
      const offered = await candidates(source, typed, asker({ ...context, args: places }));
      // Line feeds end a candidate here, and a shell shows candidates on a terminal.
      const safe = offered.filter((one) => one.startsWith(typed) && !one.startsWith('-') && !isUnsafe(one));
      await output.write([...new Set(safe)].map((one) => `${one}\n`).join(''));
    }
    await output.flush();
    // A connection that hangs, or a name that is still looked up, must not hold up the shell.
    terminal.exit?.(EXIT.ok);
    return EXIT.ok;
  },
};

function isSource(word: string | undefined): word is Source {
  return SOURCES.some((one) => one === word);
}

/** The flags of a command line that choose the server; undefined if one of them cannot be read without the shell. */
function placesIn(line: readonly string[], home: string | undefined): Args | undefined {
  const values = new Map<string, readonly string[]>();
  for (const [index, word] of line.entries()) {
    const [, name, attached] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined || !PLACES.includes(name)) continue;
    const value = textOfWord(attached ?? line[index + 1] ?? '', home);
    if (value === undefined) return undefined;
    values.set(name, [value]);
  }
  return new Args([], values);
}

function asker(context: Context): AskNames {
  const wanted = context.terminal.env['CORDWOOD_COMPLETE_MS'] ?? '';
  const timeout = /^\d{1,6}$/.test(wanted) ? Number(wanted) : ASK_MS;
  return async (of, prefix) => {
    const late = new AbortController();
    const signal = AbortSignal.any([context.signal, late.signal]);
    const nothing = wait(timeout).then((): readonly string[] => {
      late.abort();
      return [];
    });
    return Promise.race([ask(context, { of, prefix }, signal).catch(() => []), nothing]);
  };
}

/**
 * Waits, in several turns of the event loop: on a busy machine a single timer is late, and would fire before what has
 * arrived meanwhile is read.
 */
async function wait(ms: number): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await sleep(ms / TURNS, undefined, { ref: false });
}

type Params = Parameters<AskNames>;

async function ask(
  context: Context,
  params: { of: Params[0]; prefix: Params[1] },
  signal: AbortSignal,
): Promise<readonly string[]> {
  await using client = await open(context);
  const names: string[] = [];
  if (!client) return names;
  for await (const row of client.ask('names', params, signal)) if ('name' in row) names.push(row.name);
  return names;
}

/** A server only: opening a store takes longer than a person waits for a list. */
async function open(context: Context): Promise<Client | undefined> {
  const remote = remoteOf(context);
  if (remote) return remoteClient(remote);
  return connectServer(await dataFolder(configOptions(context.args), context.terminal.env));
}
