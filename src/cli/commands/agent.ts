import { hostname } from 'node:os';
import { didYouMean } from '../../base/nearest.ts';
import { parseDuration } from '../../base/units.ts';
import { loadSettings } from '../../config/index.ts';
import { AGENT_TRANSPORTS, type AgentTransport } from '../agents/contract.ts';
import { AGENTS } from '../agents/registry.ts';
import { configOptions } from '../asking/ask.ts';
import type { Command, Context } from '../asking/command.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { ASKING_FLAGS } from '../args/flags.ts';

const PRINTING = 'Of print';
const NAMES = AGENTS.map(({ name }) => name);

/** `cordwood agent print` and `verify`: the configuration of those who send, and whether it works. */
export const agent: Command = {
  name: 'agent',
  operands: `print ${NAMES.join('|')}  or  verify HOST`,
  about:
    'Prints a configuration that has an agent send to this server; waits for a line of a host and says how it came.',
  flags: [
    {
      name: 'transport',
      value: 'HOW',
      choices: AGENT_TRANSPORTS,
      group: PRINTING,
      help: 'by default the safest that both the agent and a listener of the configuration know',
    },
    {
      name: 'host',
      value: 'NAME',
      group: PRINTING,
      help: "this server, as agents call it; by default this machine's name",
    },
    { name: 'port', value: 'PORT', group: PRINTING, help: 'by default that of the listener' },
    { name: 'timeout', value: 'TIME', group: 'Of verify', help: 'how long to wait, 60s by default' },
    ...ASKING_FLAGS,
  ],
  examples: [
    ['cordwood agent print rsyslog --host logs.example.org > 60-cordwood.conf', 'for /etc/rsyslog.d/ of each sender'],
    ['cordwood agent print docker', 'for /etc/docker/daemon.json'],
    ['cordwood agent verify web1 --timeout 2m', 'transport, framing, format, clock: with a remedy for what is bad'],
  ],
  epilogue:
    'Exit codes: 0 ok; 2 the command line or the configuration cannot be understood; 4 the server cannot be asked; 124 no line came in time.',
  async run(context) {
    const [what, which, extra] = context.args.words;
    if (extra !== undefined) throw usageError(`cannot read ${JSON.stringify(extra)}: one thing at a time`);
    if (what === 'print') return print(context, which);
    if (what === 'verify') return verifyHost(context, which);
    const asked =
      what === undefined
        ? 'it does nothing by itself'
        : `there is no agent ${what}${didYouMean(what, ['print', 'verify'])}`;
    throw usageError(`cannot run agent: ${asked}; write agent print rsyslog, or agent verify HOST`);
  },
};

async function print({ args, terminal, output, note }: Context, name: string | undefined): Promise<number> {
  const found = AGENTS.find((one) => one.name === name);
  if (!found) {
    const hint = name === undefined ? '' : didYouMean(name, NAMES);
    throw usageError(`cannot print a configuration for ${name ?? 'nobody'}: there are ${NAMES.join(', ')}${hint}`);
  }
  const transport = args.text('transport') as AgentTransport | undefined;
  if (transport !== undefined && !found.transports.includes(transport)) {
    throw usageError(`cannot print ${found.name} with ${transport}: it knows ${found.transports.join(', ')}`);
  }
  const settings = await loadSettings(configOptions(args), terminal.env);
  const { targetOf } = await import('../agents/target.ts');
  const wanted = { transport, host: args.text('host'), port: portOf(args.text('port')), machine: hostname() };
  const { target, notes } = targetOf(found, settings, wanted);
  await output.write(found.print(target));
  await output.flush();
  for (const text of [...found.notes(target), ...notes]) note(text);
  return EXIT.ok;
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port > 0 && port < 65_536) return port;
  throw usageError(`cannot read --port ${text}: it takes a number from 1 to 65535`);
}

async function verifyHost(context: Context, host: string | undefined): Promise<number> {
  if (host === undefined) throw usageError('cannot verify nobody: name a host, agent verify web1');
  const text = context.args.text('timeout') ?? '60s';
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  if (ms === undefined || ms <= 0 || ms >= 2 ** 31) {
    throw usageError(`cannot read --timeout ${text}: it takes a duration, e.g. 60s or 10m`);
  }
  const { verify } = await import('../agents/verify.ts');
  return verify(context, host, ms);
}
