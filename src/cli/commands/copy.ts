import { loadSettings } from '../../config/index.ts';
import { configOptions } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';
import type { Copied } from '../../transfer/contract.ts';
import { visible } from '../io/escape.ts';
import { EXIT } from '../args/exit.ts';
import { COMMON_FLAGS } from '../args/flags.ts';

const WHERE = 'Where to';
/** How often progress is told, ms. */
const TELL_MS = 5000;

/** `cordwood copy`: for those who outgrow one machine. */
export const copy: Command = {
  name: 'copy',
  operands: '',
  about: 'Copies what the embedded store holds into MongoDB, oldest first, and counts both sides.',
  flags: [
    {
      name: 'to',
      value: 'URI',
      group: WHERE,
      help: 'mongodb://logs@db1,db2,db3/?replicaSet=logs; else store: of the configuration',
    },
    { name: 'database', value: 'NAME', group: WHERE, help: 'the database there; cordwood by default' },
    { name: 'password-file', value: 'FILE', group: WHERE, help: 'holds the password of the user that the URI names' },
    ...COMMON_FLAGS,
  ],
  examples: [
    ['cordwood copy --to mongodb://db1,db2,db3/?replicaSet=logs', 'all that is stored here, while the server runs on'],
    [
      'systemctl stop cordwood; cordwood copy --to mongodb://db1/ --database logs',
      'the rest, before store: is changed',
    ],
  ],
  epilogue:
    'To move: copy while the server runs; stop it; copy again, which brings what arrived meanwhile; set store: to MongoDB; ' +
    'start it with the same data folder: it goes on where the copy ends, and stores nothing twice. ' +
    'A copy that was stopped goes on where it was. Nothing is deleted here: remove the folder store when all is well.\n\n' +
    'Exit codes: 0 both sides have the same; 1 they differ, or it was stopped; 2 the command line or the configuration cannot be understood; 4 a store cannot be reached.',
  async run({ args, terminal, output, services, note, signal }) {
    const settings = await loadSettings(configOptions(args), terminal.env);
    const [uri, database, passwordFile] = [args.text('to'), args.text('database'), args.text('password-file')];
    let toldAt = terminal.now();
    const copied = await services.copy(settings, {
      ...(uri !== undefined && { uri }),
      ...(database !== undefined && { database }),
      ...(passwordFile !== undefined && { passwordFile }),
      signal,
      onProgress: (count, held, reached) => {
        if (terminal.now() - toldAt < TELL_MS) return;
        toldAt = terminal.now();
        note(
          `copied ${count.toLocaleString('en')} of ${held.toLocaleString('en')}, up to ${new Date(reached).toISOString()}`,
        );
      },
      onFailure: (reason) => note(`${visible(reason)}; trying again`),
    });
    note(`copied ${copied.messages.toLocaleString('en')} messages`);
    if (signal.aborted) {
      note('stopped; run it again to go on');
      return EXIT.noMatch;
    }
    await output.write(tableOf(copied));
    const same = copied.streams.every(({ source, target }) => source === target);
    if (!same)
      note('the sides differ: did retention take some of it meanwhile? Run it again, or ask both with cordwood count');
    return same ? EXIT.ok : EXIT.noMatch;
  },
};

function tableOf({ streams }: Copied): string {
  const width = Math.max(6, ...streams.map(({ stream }) => stream.length));
  const rows = streams.map(({ stream, source, target }) => [visible(stream), String(source), String(target)] as const);
  return [['stream', 'here', 'there'] as const, ...rows]
    .map(([stream, here, there]) => `${stream.padEnd(width)}  ${here.padStart(12)}  ${there.padStart(12)}\n`)
    .join('');
}
