import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { CordwoodError, reasonOf, systemCode } from '../base/errors.ts';

/** The flags of a command line about the configuration. */
export type ConfigOptions = {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  /** `tcp://127.0.0.1:5514`, `udp://[::]:514?max_frame=8KiB`: replaces the listeners of the file. */
  readonly listen?: readonly string[] | undefined;
  /** The address of the web page, `127.0.0.1:8514`, or `off`: replaces the one of the file. */
  readonly web?: string | undefined;
};
export type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration if neither `--config` nor CORDWOOD_CONFIG names one. */
export const SYSTEM_FILE = '/etc/cordwood/cordwood.yaml';

export type ConfigFile = { readonly path: string; readonly text: string };

/**
 * Reads the text of the configuration: of `--config`, else CORDWOOD_CONFIG, else the system's file, which may be absent.
 * @returns undefined if there is no configuration @throws CordwoodError ERR_CONFIG if it cannot be read
 */
export function findFile(options: ConfigOptions, env: Environment, systemFile = SYSTEM_FILE): ConfigFile | undefined {
  const named = options.config || env['CORDWOOD_CONFIG'];
  const path = resolve(named || systemFile);
  try {
    return { path, text: readFileSync(path, 'utf8') };
  } catch (error) {
    if (systemCode(error) === 'ENOENT' && !named) return undefined;
    throw new CordwoodError('ERR_CONFIG', `cannot read the configuration ${path}: ${remedy(error, options)}`, {
      cause: error,
    });
  }
}

function remedy(error: unknown, options: ConfigOptions): string {
  const from = options.config ? '--config' : 'CORDWOOD_CONFIG';
  if (systemCode(error) === 'ENOENT') return `it does not exist; correct ${from}, or omit it to use the defaults`;
  if (systemCode(error) === 'EISDIR') return 'it is a folder; give the path of the file in it';
  if (systemCode(error) === 'EACCES')
    return 'permission denied; join the group that owns it, or use another file with --config';
  return reasonOf(error);
}

export type DataFolder = { readonly path: string /** Where it comes from, for people. */; readonly from: string };

/** The data folder: `--data`, else CORDWOOD_DATA, else the file's `data:`, else the user's state folder. */
export function chooseData(
  options: ConfigOptions,
  env: Environment,
  file?: { path: string; data: string | undefined },
): DataFolder {
  if (options.data) return { path: resolve(options.data), from: '--data' };
  if (env['CORDWOOD_DATA']) return { path: resolve(env['CORDWOOD_DATA']), from: 'CORDWOOD_DATA' };
  if (file?.data) return { path: resolve(dirname(file.path), file.data), from: file.path };
  const stateHome = env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local', 'state');
  return { path: resolve(stateHome, 'cordwood'), from: 'default' };
}
