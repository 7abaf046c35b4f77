import { describe, loadSettings } from '../../config/index.ts';
import { configOptions } from '../ask.ts';
import type { Command } from '../command.ts';
import { COMMON_FLAGS } from '../flags.ts';

/** `cordwood check-config`: everything that is wrong, or what `serve` would do. */
export const checkConfig: Command = {
  name: 'check-config',
  operands: '',
  about: 'Checks the configuration and says what serve would do; lists everything that is wrong with it.',
  flags: [{ name: 'listen', value: 'URL', many: true, group: 'Serving', help: 'as serve takes it' }, ...COMMON_FLAGS],
  examples: [
    ['cordwood check-config', 'the configuration that every command uses'],
    ['cordwood check-config --config ./new.yaml && sudo cp new.yaml /etc/cordwood/cordwood.yaml', 'before a change'],
  ],
  epilogue: 'Exit codes: 0 it can be used; 2 it cannot.',
  async run({ args, terminal, output }) {
    const settings = await loadSettings({ ...configOptions(args), listen: args.all('listen') }, terminal.env);
    await output.write(describe(settings));
    return 0;
  },
};
