import { EXIT, EXIT_HELP } from '../args/exit.ts';
import { ASKING_FLAGS, outputFlag } from '../args/flags.ts';
import { askAll } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { statsText } from '../views/stats-text.ts';

/** `cordwood stats`: what is stored, what waits in the spool, what listens, and every counter. */
export const stats: Command = {
  name: 'stats',
  operands: '',
  about: 'Shows what is stored by stream and day, what waits in the spool, what listens, and what was dropped.',
  flags: [outputFlag(['text', 'json'], 'text: tables; json: one object'), ...ASKING_FLAGS],
  examples: [
    ['cordwood stats', 'for people'],
    ['cordwood stats -o json | jq .counters', 'for programs'],
  ],
  epilogue: EXIT_HELP,
  async run(context) {
    const { args, output } = context;
    const { rows } = await askAll(context, 'stats', {});
    for (const row of rows) {
      const json = args.text('output') === 'json';
      await output.write(
        json ? `${visibleJson(JSON.stringify(row))}\n` : statsText(row).split('\n').map(visible).join('\n'),
      );
    }
    return EXIT.ok;
  },
};
