import { type ListenerSettings, loadSettings, type Settings } from '../../config/index.ts';
import { configOptions } from '../asking/ask.ts';
import type { MessageBatch } from '../../model/batch.ts';
import type { Args } from '../args/args.ts';
import type { Command, Context } from '../asking/command.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { COLOR_FLAG, COMMON_FLAGS, outputFlag, ZONE_FLAGS } from '../args/flags.ts';
import { FORMATS } from '../formats/registry.ts';
import { createLineParser } from '../io/line-parser.ts';
import { openFormat, RowWriter } from '../asking/row-writer.ts';

const READING = 'How it is read';

/** `cordwood parse`: what would be stored of what stdin brings. */
export const parse: Command = {
  name: 'parse',
  operands: '',
  about: 'Reads lines on stdin and shows what would be stored of each, as JSON unless told otherwise.',
  flags: [
    {
      name: 'framing',
      value: 'HOW',
      choices: ['lines', 'octet', 'auto'],
      group: READING,
      help: 'lines: a line is a message; octet or auto: as on TCP, where a count may precede each (RFC 6587)',
    },
    {
      name: 'now',
      value: 'TIME',
      group: READING,
      help: 'the time of arrival, which settles a missing year; now by default',
    },
    { name: 'zone', value: 'ZONE', group: READING, help: "of stamps without one; the configuration's by default" },
    {
      name: 'listener',
      value: 'NAME',
      group: READING,
      help: 'whose max_frame, zone and inflate apply; without it the defaults of a TCP listener',
    },
    { name: 'peer', value: 'IP', group: READING, help: 'the address that sent it; 127.0.0.1 by default' },
    outputFlag(
      FORMATS.map(({ name }) => name),
      `${FORMATS.map(({ name }) => name).join(', ')}; json by default`,
    ),
    {
      name: 'fields',
      value: 'A,B',
      group: 'How they are shown',
      help: 'these fields only, with -o json, csv, logfmt, verbose, cat',
    },
    COLOR_FLAG,
    ...ZONE_FLAGS,
    ...COMMON_FLAGS,
  ],
  examples: [
    ["echo '<34>Oct 11 22:14:15 web1 su: failed' | cordwood parse", 'what becomes of a line'],
    ['nc -l 5140 | cordwood parse --framing auto --peer 10.0.0.7 -o verbose', 'of what a device sends over TCP'],
  ],
  epilogue:
    'Lines pass the pipeline and get their stream as the configuration says. Nothing fails: what cannot be read becomes a message with the whole line as text and a flag that says why.\n\nExit codes: 0 ok; 2 the command line or the configuration cannot be understood.',
  async run(context) {
    const { terminal, output } = context;
    const dropped = new Map<string, number>();
    const parser = createLineParser(await optionsOf(context, dropped));
    const writer = new RowWriter(await openFormat(context, 'json'), output, () => {});
    const show = async (): Promise<void> => {
      for (const message of parser.take()) await writer.write(message);
      await output.flush();
    };
    // A read that waits would outlive Ctrl-C and a closed pipe.
    context.signal.addEventListener('abort', () => terminal.stdin.destroy?.());
    for await (const chunk of terminal.stdin) {
      parser.push(chunk);
      await show();
    }
    parser.end();
    await show();
    for (const [stage, count] of dropped)
      context.note(`${count} ${count === 1 ? 'line' : 'lines'} dropped by the stage ${stage}`);
    return EXIT.ok;
  },
};

/** @param dropped is told how many lines each stage of the pipeline takes out */
async function optionsOf({ args, terminal, services }: Context, dropped: Map<string, number>) {
  const settings = await loadSettings(configOptions(args), terminal.env);
  const pipeline = await services.pipeline(settings);
  const count = (stage: string): void => void dropped.set(stage, (dropped.get(stage) ?? 0) + 1);
  const peer = args.text('peer') ?? '127.0.0.1';
  const { isIP } = await import('node:net');
  if (isIP(peer) === 0) throw usageError(`cannot read --peer ${peer}: it takes an address, e.g. 10.0.0.7`);
  const { isZone } = await import('../../base/zone.ts');
  const zone = args.text('zone');
  if (zone !== undefined && !isZone(zone)) {
    throw usageError(`cannot read --zone ${zone}: there is no such zone; write e.g. Europe/Berlin or +02:00`);
  }
  const listener = listenerOf(args.text('listener'), settings);
  return {
    settings,
    listener,
    peer,
    zone,
    framing: args.text('framing') ?? 'lines',
    now: await nowOf(args, terminal.now()),
    pipe: (batch: MessageBatch) => pipeline(batch, { dropped: (_batch, _row, stage) => count(stage) }),
  };
}

function listenerOf(name: string | undefined, { listen }: Settings): ListenerSettings | undefined {
  if (name === undefined) return undefined;
  const found = listen.find((one) => one.name === name);
  if (found) return found;
  const names = listen.map((one) => one.name).join(', ');
  throw usageError(`cannot parse as --listener ${name}: there is none of that name; there are ${names}`);
}

/** Gives the time of arrival of what comes. */
async function nowOf(args: Args, now: number): Promise<() => number> {
  const text = args.text('now');
  if (text === undefined) return Date.now;
  const { parseTime } = await import('../../query/index.ts');
  const at = parseTime(text, { now });
  return () => at;
}
