import { countOf, formatCount } from '../../base/text.ts';
import { SECOND } from '../../base/units.ts';
import { loadSettings } from '../../config/index.ts';
import { EXIT } from '../args/exit.ts';
import { COMMON_FLAGS } from '../args/flags.ts';
import { configOptions } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';
import type { Copied } from '../../transfer/contract.ts';
import { visible } from '../io/escape.ts';
import { table } from '../views/table.ts';
import { TARGET_FLAGS, targetFlags } from '../args/target-flags.ts';

/** Time between notes of progress, ms. */
const PROGRESS_MS = 5 * SECOND;

/** `cordwood copy`: from the embedded store to MongoDB. */
export const copy: Command = {
  name: 'copy',
  operands: '',
  about: 'Copies the messages of the embedded store to MongoDB, oldest first, and counts both sides.',
  flags: [...TARGET_FLAGS, ...COMMON_FLAGS],
  examples: [
    ['cordwood copy --to mongodb://db1,db2,db3/?replicaSet=logs', 'copy everything while the server keeps running'],
    [
      'systemctl stop cordwood; cordwood copy --to mongodb://db1/ --database logs',
      'copy the rest, before changing store: in the configuration',
    ],
  ],
  epilogue:
    'To move to MongoDB: copy while the server runs; stop it; copy again, which brings what arrived meanwhile; set store: to ' +
    'MongoDB; start the server with the same data folder. It goes on where the copy ended and stores nothing twice. ' +
    'A copy that was stopped goes on where it was. Nothing is deleted here: remove the folder store/ once all is well.\n\n' +
    'Exit codes: 0 both sides are equal; 1 they differ, or the copy was stopped; 2 the command line or the configuration ' +
    'is invalid; 4 a store cannot be reached.',
  async run({ args, terminal, output, services, note, signal }) {
    const settings = await loadSettings(configOptions(args), terminal.env);
    let notedAt = terminal.now();
    const copied = await services.copy(settings, {
      ...targetFlags(args),
      signal,
      onProgress: (count, total, upTo) => {
        if (terminal.now() - notedAt < PROGRESS_MS) return;
        notedAt = terminal.now();
        note(`copied ${formatCount(count)} of ${formatCount(total)}, up to ${new Date(upTo).toISOString()}`);
      },
      onFailure: (reason) => note(`${visible(reason)}; trying again`),
    });
    note(`copied ${countOf(copied.messages, 'message')}`);
    if (signal.aborted) {
      note('stopped; run the command again to go on');
      return EXIT.noMatch;
    }
    await output.write(countsText(copied));
    const same = copied.streams.every(({ source, target }) => source === target);
    if (!same) {
      note(
        'the counts differ, perhaps because retention removed messages meanwhile: copy again, or compare by cordwood count',
      );
    }
    return same ? EXIT.ok : EXIT.noMatch;
  },
};

function countsText({ streams }: Copied): string {
  const rows = streams.map(({ stream, source, target }) => [stream, String(source), String(target)]);
  return `${table([['stream', 'here', 'there'], ...rows], 'lr')}\n`;
}
