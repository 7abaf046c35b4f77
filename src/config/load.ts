import { dirname, resolve } from 'node:path';
import { CordwoodError } from '../base/errors.ts';
import { z } from '../base/schema.ts';
import { formatPath, validate } from '../base/validate.ts';
import { type Complaint, complaintsOf } from '../base/yaml/complaint.ts';
import { defaultLimits } from './default-limits.ts';
import { forwardNotes, withClientPaths } from './forward.ts';
import { conflicts, DEFAULT_LISTENERS, listenerMeant, listenerOfUrl, named } from './listeners.ts';
import { streamConflicts, streamsOf } from './streams.ts';
import { type ConfigFile, type ConfigOptions, chooseData, type Environment } from './paths.ts';
import { unreachable } from './recipients.ts';
import { withRemedy } from './remedies.ts';
import { unknownStreams } from './rule-streams.ts';
import { listenerSchema, settingsSchema } from './schema.ts';
import type { ListenerSettings, Settings } from './settings.ts';
import { webOf } from './web.ts';
import { relayNotes } from './relays.ts';
import { readRuleFiles, type RuleFiles } from './rule-files.ts';
import type { YamlSource } from '../base/yaml/yaml.ts';

const NOTHING: YamlSource = { value: {}, faults: [], placeOf: () => undefined };
const NO_FILES: RuleFiles = { rules: [], complaints: [], notes: [] };

/** Checks the whole configuration. @throws CordwoodError ERR_CONFIG that lists everything wrong with it */
export async function loadFrom(
  file: ConfigFile | undefined,
  options: ConfigOptions,
  env: Environment,
): Promise<Settings> {
  // Loading the parser takes 60 ms: only if there is a file to parse.
  const source = file ? (await import('../base/yaml/yaml.ts')).readYaml(file.text) : NOTHING;
  const checked = check(source);
  const flags = readListenFlags(options.listen ?? []);
  const further = file ? await readRuleFiles(file.path, checked.value?.alerts ?? []) : NO_FILES;
  const folder = chooseData(options, env, file && { path: file.path, data: checked.value?.data });
  const web = webOf(checked.value?.web, options, { file, data: folder.path });
  const complaints = [...checked.complaints, ...further.complaints, ...flags.complaints, ...web.complaints];
  if (!checked.value || complaints.length > 0) throw report(file, complaints);
  const {
    listen,
    data: _data,
    web: _web,
    zone,
    streams,
    max_disk,
    spool,
    pipeline,
    mail,
    forward,
    ...rest
  } = checked.value;
  const alerts = [...rest.alerts, ...further.rules];
  const allStreams = streamsOf(streams);
  const checkedRest = { ...rest, alerts, ...(mail !== undefined && { mail }) };
  const chosen = flags.listen.length > 0 ? flags.listen : listen?.map((one) => withPaths(one, file!));
  const listeners = chosen ? finished(chosen, false) : finished(z.array(listenerSchema).parse(DEFAULT_LISTENERS), true);
  return {
    ...(file && { file: file.path }),
    data: folder.path,
    dataFrom: folder.from,
    listen: listeners,
    ...(web.web && { web: web.web }),
    ...checkedRest,
    notes: [
      ...further.notes,
      ...relayNotes(listeners),
      ...forwardNotes(forward, listeners),
      ...unreachable(checkedRest),
      ...unknownStreams({ alerts, streams: allStreams }),
    ],
    streams: allStreams,
    spool: { maxSize: spool.max_size },
    ...(max_disk !== undefined && { maxDisk: max_disk }),
    ...(max_disk === undefined && !hasRetention(source, checkedRest) && defaultLimits(folder.path)),
    pipeline: named(pipeline),
    forward: forward.map((one) => withClientPaths(one, file)),
    ...(zone !== undefined && { zone }),
  };
}

/** Whether limits of our own would be wrong: MongoDB's disk is another one, and who wrote `streams` said how long to keep. */
function hasRetention({ value }: YamlSource, { store }: Pick<Settings, 'store'>): boolean {
  return store.kind !== 'embedded' || (value as { streams?: unknown } | null)?.streams !== undefined;
}

type Checked = { readonly value?: z.output<typeof settingsSchema>; readonly complaints: readonly Complaint[] };

function check(source: YamlSource): Checked {
  if (source.value === undefined) return { complaints: complaintsOf(source, []) };
  const result = validate(settingsSchema, source.value);
  const faults =
    'faults' in result
      ? result.faults.map((fault) => withRemedy(fault, source.value))
      : [...conflicts(result.value.listen ?? []), ...streamConflicts(result.value)];
  if (faults.length + source.faults.length === 0 && 'value' in result) return { value: result.value, complaints: [] };
  return { complaints: complaintsOf(source, faults) };
}

function readListenFlags(urls: readonly string[]): {
  listen: z.output<typeof listenerSchema>[];
  complaints: Complaint[];
} {
  const listen: z.output<typeof listenerSchema>[] = [];
  const complaints: Complaint[] = [];
  for (const url of urls) {
    const place = `--listen ${url}`;
    const written = listenerOfUrl(url);
    if (!written) {
      const meant = listenerMeant(url);
      const instead = meant && `; write '${meant.kind}://${meant.address}'`;
      complaints.push({ place, message: `is not of the form tcp://127.0.0.1:5514${instead ?? ''}` });
      continue;
    }
    const result = validate(listenerSchema, written);
    if ('value' in result) listen.push(result.value);
    else
      complaints.push(
        ...result.faults.map(({ path, message }) => ({ place: `${place}: ${formatPath(path)}`, message })),
      );
  }
  const clashes = conflicts(listen).map(({ path, message }) => ({ place: `--listen: ${formatPath(path)}`, message }));
  return { listen, complaints: [...complaints, ...clashes] };
}

/** Makes the paths of a listener's files absolute: relative ones start at the folder of the configuration. */
function withPaths(listener: z.output<typeof listenerSchema>, file: ConfigFile): z.output<typeof listenerSchema> {
  if (!('tls' in listener) || listener.tls === undefined) return listener;
  const from = (path: string): string => resolve(dirname(file.path), path);
  const { cert, key, ca } = listener.tls;
  return { ...listener, tls: { ...listener.tls, cert: from(cert), key: from(key), ...(ca && { ca: from(ca) }) } };
}

function finished(listeners: readonly z.output<typeof listenerSchema>[], byDefault: boolean): ListenerSettings[] {
  return named(listeners).map((listener) => ({ ...listener, byDefault }));
}

function report(file: ConfigFile | undefined, complaints: readonly Complaint[]): CordwoodError {
  const what = file ? `the configuration ${file.path}` : 'the configuration';
  const lines = complaints.map(({ place, message }) => `  ${place}: ${message}`);
  const count = complaints.length === 1 ? 'one problem' : `${complaints.length} problems`;
  return new CordwoodError('ERR_CONFIG', [`cannot use ${what}: ${count}`, ...lines].join('\n'));
}
