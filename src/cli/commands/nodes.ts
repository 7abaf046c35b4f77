import { formatCount } from '../../base/text.ts';
import { formatDuration } from '../../base/units.ts';
import type { NodeRow } from '../../ask/contract.ts';
import { arrivalOf } from '../../model/id.ts';
import { EXIT, EXIT_HELP } from '../args/exit.ts';
import { ASKING_FLAGS, outputFlag } from '../args/flags.ts';
import { askAll } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';
import { visibleJson } from '../io/escape.ts';
import { relaysText } from '../views/relays-text.ts';
import { table } from '../views/table.ts';

/** `cordwood nodes`: the receivers that write to the store. */
export const nodes: Command = {
  name: 'nodes',
  operands: '',
  about:
    'Lists the receivers that write to the store, and the servers that forward to them: state, progress, what is missing.',
  flags: [outputFlag(['text', 'json'], 'text: a table; json: one object per line, with all counters'), ...ASKING_FLAGS],
  examples: [
    ['cordwood nodes', 'for people'],
    ['cordwood nodes -o json | jq -r \'select(.state == "silent").host\'', 'for programs: the silent receivers'],
  ],
  epilogue:
    'Below them are the servers that forward to each of these: how far each is behind, what it has sent, and what of that ' +
    'is missing here. A new, copied or restored spool is a node of its own. A node is silent if it has not reported for 30 seconds and did ' +
    `not stop in order.\n\n${EXIT_HELP}`,
  async run(context) {
    const { args, output, terminal } = context;
    const { rows } = await askAll(context, 'nodes', {});
    if (args.text('output') === 'json') {
      for (const row of rows) await output.write(`${visibleJson(JSON.stringify(row))}\n`);
    } else if (rows.length > 0) {
      await output.write(nodesText(rows, terminal.now()));
      const relays = relaysText(rows, terminal.now());
      if (relays !== '') await output.write(`\n${relays}`);
    } else {
      context.note('no receiver has reported yet');
    }
    return EXIT.ok;
  },
};

function nodesText(rows: readonly NodeRow[], now: number): string {
  const heads = ['node', 'host', 'state', 'version', 'last report', 'stored up to', 'stored', 'dropped'];
  const cells = rows.map(({ node, host, state, version, heartbeatAt, visible, counters }) => [
    String(node),
    host,
    state,
    version,
    `${formatDuration(Math.max(0, now - heartbeatAt))} ago`,
    visible === undefined ? '-' : new Date(arrivalOf(visible)).toISOString(),
    formatCount(counters['writer.messages'] ?? 0),
    formatCount(dropped(counters)),
  ]);
  return `${table([heads, ...cells], 'llllr')}\n`;
}

function dropped(counters: NodeRow['counters']): number {
  const names = Object.keys(counters).filter((name) => name.includes('.dropped.'));
  return names.reduce((sum, name) => sum + counters[name]!, 0);
}
