import { FRAMINGS } from '../../base/frame-list.ts';
import { countOf } from '../../base/text.ts';
import { type ListenerSettings, loadSettings, type Settings } from '../../config/index.ts';
import type { MessageBatch } from '../../model/batch.ts';
import type { Args } from '../args/args.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { COLOR_FLAG, COMMON_FLAGS, outputFlag, ZONE_FLAGS } from '../args/flags.ts';
import { configOptions } from '../asking/ask.ts';
import type { Command, Context } from '../asking/command.ts';
import { openFormat, RowWriter } from '../asking/row-writer.ts';
import { FORMATS } from '../formats/registry.ts';
import { createLineParser } from '../io/line-parser.ts';
import { FIELDS_FLAG } from './search-flags.ts';

const INPUT = 'Input';

/** `cordwood parse`: what would be stored of the lines on stdin. */
export const parse: Command = {
  name: 'parse',
  operands: '',
  about: 'Reads lines from stdin and shows how each would be stored, as JSON by default.',
  flags: [
    {
      name: 'framing',
      value: 'HOW',
      choices: [...FRAMINGS],
      group: INPUT,
      help: 'lines (the default): each line is a message; octet: each message has a count; auto: as it comes (RFC 6587)',
    },
    {
      name: 'now',
      value: 'TIME',
      group: INPUT,
      help: 'the time of arrival, which decides a missing year; default: now',
    },
    {
      name: 'zone',
      value: 'ZONE',
      source: 'zone',
      group: INPUT,
      help: "the time zone of timestamps that have none; default: the configuration's",
    },
    {
      name: 'listener',
      value: 'NAME',
      source: 'listener',
      group: INPUT,
      help: 'use the max_frame, zone and inflate of this listener; default: those of a TCP listener',
    },
    { name: 'peer', value: 'IP', group: INPUT, help: 'the address of the sender; default: 127.0.0.1' },
    outputFlag(
      FORMATS.map(({ name }) => name),
      `${FORMATS.map(({ name }) => name).join(', ')}; default: json`,
    ),
    FIELDS_FLAG,
    COLOR_FLAG,
    ...ZONE_FLAGS,
    ...COMMON_FLAGS,
  ],
  examples: [
    ["echo '<34>Oct 11 22:14:15 web1 su: failed' | cordwood parse", 'how a line is stored'],
    [
      'nc -l 5140 | cordwood parse --framing auto --peer 10.0.0.7 -o verbose',
      'how a device that sends over TCP is read',
    ],
  ],
  epilogue:
    'Lines pass the pipeline and are assigned to streams as configured. Parsing never fails: a line that cannot be read ' +
    'becomes a message with the whole line as its text, and a flag that says why.\n\n' +
    'Exit codes: 0 success; 2 the command line or the configuration is invalid.',
  async run(context) {
    const { terminal, output } = context;
    const dropped = new Map<string, number>();
    const parser = createLineParser(await optionsOf(context, dropped));
    const writer = new RowWriter(await openFormat(context, 'json'), output, () => {});
    const show = async (): Promise<void> => {
      for (const message of parser.take()) await writer.write(message);
      await output.flush();
    };
    // A pending read of stdin would outlive Ctrl-C and a closed pipe.
    context.signal.addEventListener('abort', () => terminal.stdin.destroy?.());
    for await (const chunk of terminal.stdin) {
      parser.push(chunk);
      await show();
    }
    parser.end();
    await show();
    for (const [stage, count] of dropped) context.note(`${countOf(count, 'line')} dropped by the stage ${stage}`);
    return EXIT.ok;
  },
};

/** @param dropped receives how many lines each stage of the pipeline drops */
async function optionsOf({ args, terminal, services }: Context, dropped: Map<string, number>) {
  const settings = await loadSettings(configOptions(args), terminal.env);
  const pipeline = await services.pipeline(settings);
  const count = (stage: string): void => void dropped.set(stage, (dropped.get(stage) ?? 0) + 1);
  const peer = args.text('peer') ?? '127.0.0.1';
  const { isIP } = await import('node:net');
  if (isIP(peer) === 0) throw usageError(`cannot read --peer ${peer}: it takes an IP address, e.g. 10.0.0.7`);
  const { isZone } = await import('../../base/zone.ts');
  const zone = args.text('zone');
  if (zone !== undefined && !isZone(zone)) {
    throw usageError(`cannot read --zone ${zone}: unknown time zone; use e.g. Europe/Berlin or +02:00`);
  }
  const listener = listenerOf(args.text('listener'), settings);
  return {
    settings,
    listener,
    peer,
    zone,
    framing: FRAMINGS.find((framing) => framing === args.text('framing')) ?? 'lines',
    now: await nowOf(args, terminal.now()),
    pipe: (batch: MessageBatch) => pipeline(batch, { dropped: (_batch, _row, stage) => count(stage) }),
  };
}

function listenerOf(name: string | undefined, { listen }: Settings): ListenerSettings | undefined {
  if (name === undefined) return undefined;
  const found = listen.find((one) => one.name === name);
  if (found) return found;
  const names = listen.map((one) => one.name).join(', ');
  throw usageError(`cannot use --listener ${name}: the configuration has no listener of that name, only ${names}`);
}

/** Makes the clock that gives each line its time of arrival. */
async function nowOf(args: Args, now: number): Promise<() => number> {
  const text = args.text('now');
  if (text === undefined) return Date.now;
  const { parseTime } = await import('../../query/index.ts');
  const at = parseTime(text, { now });
  return () => at;
}
