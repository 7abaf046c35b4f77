import { dirname, join, resolve } from 'node:path';
import { DEFAULT_WEB_ADDRESS, plainFaults, type WebSettings, webSchema } from '../api/settings.ts';
import { validate } from '../base/validate.ts';
import type { Complaint } from '../base/yaml/complaint.ts';
import type { ConfigFile, ConfigOptions } from './paths.ts';
import type { Settings } from './settings.ts';

type Web = { readonly web?: WebSettings; readonly complaints: readonly Complaint[] };

/**
 * The settings of the web page. The flag `--web` names its address, or `off`. Without the flag, it is as in the file;
 * if no file is read, it is on, unless `--listen` says what to open.
 */
export function webOf(
  given: WebSettings | undefined,
  { web: flag, listen = [] }: Pick<ConfigOptions, 'web' | 'listen'>,
  { file, data }: { readonly file: ConfigFile | undefined; readonly data: string },
): Web {
  if (flag === 'off') return { complaints: [] };
  const address = flag ?? (file || listen.length > 0 ? undefined : DEFAULT_WEB_ADDRESS);
  const folder = file ? dirname(file.path) : data;
  if (address === undefined) return { ...(given && { web: withPaths(given, folder) }), complaints: [] };
  const result = validate(webSchema.shape.address, address);
  const web = 'value' in result ? { ...(given ?? webSchema.parse({})), address: result.value } : undefined;
  const faults = web ? plainFaults(web) : 'faults' in result ? result.faults : [];
  if (web && faults.length === 0) return { web: withPaths(web, folder), complaints: [] };
  const place = flag === undefined ? 'web' : `--web ${flag}`;
  return { complaints: faults.map(({ message }) => ({ place, message })) };
}

/** Makes the paths absolute: relative ones start at the folder of the configuration, or at the data folder. */
function withPaths(web: WebSettings, folder: string): WebSettings {
  const from = (path: string): string => resolve(folder, path);
  const { tls } = web;
  return {
    ...web,
    users: from(web.users),
    ...(tls && { tls: { ...tls, cert: from(tls.cert), key: from(tls.key), ...(tls.ca && { ca: from(tls.ca) }) } }),
  };
}

/** The file of users, also if the web page is off: beside the configuration, or in the data folder. */
export function usersFileOf({ web, file, data }: Pick<Settings, 'web' | 'file' | 'data'>): string {
  return web?.users ?? join(file === undefined ? data : dirname(file), 'users.yaml');
}
