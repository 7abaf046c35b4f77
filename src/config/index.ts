import { type ConfigOptions, chooseData, type Environment, findFile, SYSTEM_FILE } from './paths.ts';
import { quickScalar } from './quick.ts';
import type { Settings } from './settings.ts';

export type { ConfigOptions, Environment } from './paths.ts';
export { unreachable } from './recipients.ts';
export { missingSecrets, readSecret } from './secret.ts';
export { type ListenerSettings, retentionOf, type Settings } from './settings.ts';

/**
 * Describes what `serve` would do with these settings, one fact a line; see `describe.ts`, which loads schemas, and so is
 * loaded only when it is used: every command that asks loads this file.
 */
export async function describe(settings: Settings, ticks?: ReadonlyMap<string, string>): Promise<string> {
  return (await import('./describe.ts')).describe(settings, ticks);
}

/** The file of users and tokens. */
export async function usersFileOf(settings: Settings): Promise<string> {
  return (await import('./web.ts')).usersFileOf(settings);
}

/**
 * Reads and checks the configuration; without a file, all defaults apply. It takes a command about 150 ms: commands that
 * need the data folder only call `dataFolder`. @throws CordwoodError ERR_CONFIG that lists everything wrong
 */
export async function loadSettings(
  options: ConfigOptions,
  env: Environment,
  systemFile = SYSTEM_FILE,
): Promise<Settings> {
  const file = findFile(options, env, systemFile);
  const { loadFrom } = await import('./load.ts');
  return await loadFrom(file, options, env);
}

/**
 * The data folder, without checking the whole configuration: fast, for commands that ask a running server.
 * @throws CordwoodError ERR_CONFIG if the file cannot be read
 */
export async function dataFolder(options: ConfigOptions, env: Environment, systemFile = SYSTEM_FILE): Promise<string> {
  if (options.data || env['CORDWOOD_DATA']) return chooseData(options, env).path;
  const file = findFile(options, env, systemFile);
  if (!file) return chooseData(options, env).path;
  const quick = quickScalar(file.text, 'data');
  if (quick.sure) return chooseData(options, env, { path: file.path, data: quick.value }).path;
  const { loadFrom } = await import('./load.ts');
  return (await loadFrom(file, options, env)).data;
}

/** The next ticks of each rule after `now` (ms), by its name, for `describe`. */
export async function ticksOf(settings: Settings, now: number): Promise<ReadonlyMap<string, string>> {
  return (await import('./ticks.ts')).ticksOf(settings, now);
}
