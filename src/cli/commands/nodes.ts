import { formatDuration } from '../../base/units.ts';
import type { NodeRow } from '../../ask/contract.ts';
import { askAll } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { EXIT, EXIT_HELP } from '../args/exit.ts';
import { ASKING_FLAGS, outputFlag } from '../args/flags.ts';
import { columns } from '../views/stats-text.ts';

/** `cordwood nodes`: the receivers that fill the store. */
export const nodes: Command = {
  name: 'nodes',
  operands: '',
  about: 'Lists the receivers that fill the store: which run, how far what they took is stored, what they counted.',
  flags: [outputFlag(['text', 'json'], 'text: a table; json: an object a line, with all counters'), ...ASKING_FLAGS],
  examples: [
    ['cordwood nodes', 'for people'],
    ['cordwood nodes -o json | jq -r \'select(.state == "silent").host\'', 'for programs: those that fell silent'],
  ],
  epilogue: `A spool that is new, copied or restored is a node of its own. A node is silent when it has not been heard of for 30 seconds and did not stop in order.\n\n${EXIT_HELP}`,
  async run(context) {
    const { args, output, terminal } = context;
    const { rows } = await askAll(context, 'nodes', {});
    if (args.text('output') === 'json') {
      for (const row of rows) await output.write(`${visibleJson(JSON.stringify(row))}\n`);
    } else if (rows.length > 0) {
      await output.write(`${nodesText(rows, terminal.now()).split('\n').map(visible).join('\n')}\n`);
    } else {
      context.note('no receiver has reported yet');
    }
    return EXIT.ok;
  },
};

function nodesText(rows: readonly NodeRow[], now: number): string {
  const heads = ['node', 'host', 'state', 'version', 'heard of', 'stored up to', 'stored', 'dropped'];
  const cells = rows.map(({ node, host, state, version, heartbeatAt, visible: id, counters }) => [
    String(node),
    host,
    state,
    version,
    `${formatDuration(Math.max(0, now - heartbeatAt))} ago`,
    id === undefined ? '-' : new Date(Number.parseInt(id.slice(0, 12), 16)).toISOString(),
    (counters['writer.messages'] ?? 0).toLocaleString('en'),
    dropped(counters).toLocaleString('en'),
  ]);
  return columns([heads, ...cells], 4);
}

function dropped(counters: NodeRow['counters']): number {
  const names = Object.keys(counters).filter((name) => name.includes('.dropped.'));
  return names.reduce((sum, name) => sum + counters[name]!, 0);
}
