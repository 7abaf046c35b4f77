import { EXIT, EXIT_HELP } from '../args/exit.ts';
import { ASKING_FLAGS, outputFlag } from '../args/flags.ts';
import { askAll } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';
import { visible, visibleJson } from '../io/escape.ts';
import { streamsText } from '../views/streams-text.ts';

/** `cordwood streams`: what each stream holds, how it grows, and what retention does next. */
export const streams: Command = {
  name: 'streams',
  operands: '',
  about: 'Shows what each stream holds, how fast it grows, what expires next, and when the disk will be full.',
  flags: [outputFlag(['text', 'json'], 'text: tables; json: one object'), ...ASKING_FLAGS],
  examples: [
    ['cordwood streams', 'for people'],
    ['cordwood streams -o json | jq .full', 'for programs: when the disk will be full'],
  ],
  epilogue: `Growth is the mean of the last whole days (UTC), at most seven; the forecast takes into account what expires meanwhile.\n\n${EXIT_HELP}`,
  async run(context) {
    const { args, output } = context;
    const { rows } = await askAll(context, 'streams', {});
    for (const row of rows) {
      const json = args.text('output') === 'json';
      await output.write(
        json ? `${visibleJson(JSON.stringify(row))}\n` : streamsText(row).split('\n').map(visible).join('\n'),
      );
    }
    return EXIT.ok;
  },
};
