import { CordwoodError } from '../../base/errors.ts';
import { describe, loadSettings, missingSecrets, ticksOf, unreachable } from '../../config/index.ts';
import { checkFiles } from '../../listen/contract.ts';
import { COMMON_FLAGS } from '../args/flags.ts';
import { configOptions } from '../asking/ask.ts';
import type { Command } from '../asking/command.ts';

/** `cordwood check-config`: every error of the configuration, or what `serve` would do with it. */
export const checkConfig: Command = {
  name: 'check-config',
  operands: '',
  about: 'Checks the configuration: lists every error in it, or shows what serve would do.',
  flags: [
    { name: 'listen', value: 'URL', many: true, group: 'Server', help: 'as in cordwood serve --listen' },
    { name: 'web', value: 'ADDRESS', group: 'Server', help: 'as in cordwood serve --web' },
    ...COMMON_FLAGS,
  ],
  examples: [
    ['cordwood check-config', 'the configuration that all commands use'],
    ['cordwood check-config --config ./new.yaml && sudo cp new.yaml /etc/cordwood/cordwood.yaml', 'before a change'],
  ],
  epilogue: 'Exit codes: 0 the configuration is valid; 2 it is not.',
  async run({ args, terminal, output, note, services }) {
    const flags = { ...configOptions(args), listen: args.all('listen'), web: args.text('web') };
    const settings = await loadSettings(flags, terminal.env);
    const reports = await checkFiles([...settings.listen, { name: 'web', tls: settings.web?.tls }]);
    const fatal = reports
      .filter((report) => report.fatal)
      .map(({ listener, text }) => `  listener ${listener}: ${text}`);
    if (fatal.length > 0) {
      const what = settings.file ? `the configuration ${settings.file}` : 'the configuration';
      throw new CordwoodError('ERR_CONFIG', [`cannot use ${what}: files it names cannot be used`, ...fatal].join('\n'));
    }
    const nowhere = unreachable(settings);
    if (nowhere.length > 0) throw unreachableError(settings.file, nowhere);
    for (const text of [...settings.notes, ...missingSecrets(settings, terminal.env)]) note(text);
    for (const { listener, text } of reports) note(`listener ${listener}: ${text}`);
    await output.write(await describe(settings, await ticksOf(settings, terminal.now())));
    for (const line of await services.checkStore(settings)) note(line);
    return 0;
  },
};

/** `serve` only warns, because receiving is worth more than being told. */
function unreachableError(file: string | undefined, reasons: readonly string[]): CordwoodError {
  const what = file ? `the configuration ${file}` : 'the configuration';
  const remedy = '  add what is missing, or write to: [] for a rule that is to send no notices';
  const lines = reasons.map((reason) => `  ${reason}`);
  return new CordwoodError(
    'ERR_CONFIG',
    [`cannot use ${what}: notices would reach no one`, ...lines, remedy].join('\n'),
  );
}
