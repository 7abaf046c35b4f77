import { hostname } from 'node:os';
import { didYouMean } from '../../base/text/nearest.ts';
import { loadSettings } from '../../config/index.ts';
import { AGENT_TRANSPORTS, type AgentTransport } from '../agents/contract.ts';
import { AGENTS } from '../agents/registry.ts';
import { timeoutOf } from '../args/duration.ts';
import { EXIT, usageError } from '../args/exit.ts';
import { ASKING_FLAGS } from '../args/flags.ts';
import { configOptions } from '../asking/ask.ts';
import type { Command, Context } from '../asking/command.ts';

const PRINT = 'Flags of print';
const NAMES = AGENTS.map(({ name }) => name);

/** `cordwood agent print` and `verify`: the configuration of a sender, and whether its messages arrive. */
export const agent: Command = {
  name: 'agent',
  operands: `print ${NAMES.join('|')}  or  verify HOST`,
  actions: [
    { name: 'print', operands: NAMES.join('|'), words: NAMES, about: 'prints a configuration for this kind of agent' },
    {
      name: 'verify',
      operands: 'HOST',
      words: 'host',
      about: 'waits for a message of a host and checks how it arrives',
    },
  ],
  about:
    'Prints a configuration that makes an agent send to this server, or waits for a message from a host and checks how it arrives.',
  flags: [
    {
      name: 'transport',
      value: 'HOW',
      choices: AGENT_TRANSPORTS,
      group: PRINT,
      help: 'relp, tls, tcp or udp; default: the safest one that both the agent and a listener support',
    },
    {
      name: 'host',
      value: 'NAME',
      group: PRINT,
      help: "the name of this server as agents reach it; default: this machine's name",
    },
    { name: 'port', value: 'PORT', group: PRINT, help: "the port; default: the listener's" },
    { name: 'timeout', value: 'TIME', group: 'Flags of verify', help: 'how long to wait; default: 60s' },
    ...ASKING_FLAGS,
  ],
  examples: [
    ['cordwood agent print rsyslog --host logs.example.org > 60-cordwood.conf', 'for /etc/rsyslog.d/ on each sender'],
    ['cordwood agent print docker', 'for /etc/docker/daemon.json'],
    [
      'cordwood agent verify web1 --timeout 2m',
      'check transport, framing, format and clock, with a fix for each problem',
    ],
  ],
  epilogue:
    'Exit codes: 0 success; 2 the command line or the configuration is invalid; 4 the server cannot be reached; 124 no message arrived in time.',
  async run(context) {
    const [action, operand, extra] = context.args.words;
    if (extra !== undefined) throw usageError(`cannot read ${JSON.stringify(extra)}: agent ${action} takes one word`);
    if (action === 'print' && context.args.has('server'))
      throw usageError('cannot print with --server: the configuration is read here; run it on the server');
    if (action === 'print') return print(context, operand);
    if (action === 'verify') return verifyHost(context, operand);
    const reason =
      action === undefined ? 'nothing to do' : `there is no agent ${action}${didYouMean(action, ['print', 'verify'])}`;
    throw usageError(
      `cannot run agent: ${reason}; write e.g. cordwood agent print rsyslog, or cordwood agent verify HOST`,
    );
  },
};

async function print({ args, terminal, output, note }: Context, name: string | undefined): Promise<number> {
  if (name === undefined) {
    throw usageError(`cannot print a configuration: name the agent, one of ${NAMES.join(', ')}`);
  }
  const found = AGENTS.find((one) => one.name === name);
  if (!found) {
    const hint = didYouMean(name, NAMES);
    throw usageError(`cannot print a configuration for ${name}: known agents are ${NAMES.join(', ')}${hint}`);
  }
  const transport = args.text('transport') as AgentTransport | undefined;
  if (transport !== undefined && !found.transports.includes(transport)) {
    throw usageError(`cannot configure ${found.name} for ${transport}: it supports ${found.transports.join(', ')}`);
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
  if (host === undefined) throw usageError('cannot verify: name a host, e.g. cordwood agent verify web1');
  const timeoutMs = timeoutOf(context.args.text('timeout') ?? '60s');
  const { verify } = await import('../agents/verify.ts');
  return verify(context, host, timeoutMs);
}
