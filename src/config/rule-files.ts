import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { reasonOf, systemCode } from '../base/errors.ts';
import { type Fault, formatPath, type PathPart, validate } from '../base/validate.ts';
import { type Complaint, complaintsOf } from '../base/yaml/complaint.ts';
import { withRemedy } from './remedies.ts';
import { ruleFileSchema, rulesSchema } from './schema.ts';
import type { RuleSettings } from './settings.ts';

/** The folder beside the configuration with more rules. */
const FOLDER = 'alerts.d';
const SUFFIX = '.yaml';
/** Names of backup and temporary files that editors and deployment tools leave. */
const LEFTOVER = /^\.|~$|^#.*#$/;

/** The rules of all files, everything wrong with these files, and notes on files that were ignored. */
export type RuleFiles = {
  readonly rules: readonly RuleSettings[];
  readonly complaints: readonly Complaint[];
  readonly notes: readonly string[];
};

type Read = { readonly text: string } | { readonly reason: string };

/**
 * Reads `alerts.d/*.yaml` beside a configuration, in the order of their names. Each file contains a list of rules, or
 * `alerts:` with such a list. The folder may be absent. Names of rules are unique among all files and `rules`.
 */
export async function readRuleFiles(config: string, rules: readonly RuleSettings[]): Promise<RuleFiles> {
  const folder = join(dirname(config), FOLDER);
  const listed = namesIn(folder);
  if ('reason' in listed) return { rules: [], complaints: [{ place: FOLDER, message: listed.reason }], notes: [] };
  const files = listed.names.filter((name) => name.endsWith(SUFFIX));
  const notes = listed.names
    .filter((name) => !name.endsWith(SUFFIX))
    .map((name) => `${FOLDER}/${name} is ignored: its name does not end in ${SUFFIX}`);
  const known: Known = new Map(rules.map(({ name }) => [name, 'the configuration']));
  const found: Found[] = [];
  for (const name of files) found.push(await rulesOf(`${FOLDER}/${name}`, readText(join(folder, name)), known));
  return { rules: found.flatMap((one) => one.rules), complaints: found.flatMap((one) => one.complaints), notes };
}

function namesIn(folder: string): { readonly names: readonly string[] } | { readonly reason: string } {
  try {
    return {
      names: readdirSync(folder)
        .filter((name) => !LEFTOVER.test(name))
        .sort(),
    };
  } catch (error) {
    const absent = systemCode(error) === 'ENOENT' && lstatSync(folder, { throwIfNoEntry: false }) === undefined;
    return absent ? { names: [] } : { reason: `cannot be read: ${remedy(error)}` };
  }
}

function readText(path: string): Read {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    return { reason: `cannot be read: ${remedy(error)}` };
  }
}

function remedy(error: unknown): string {
  switch (systemCode(error)) {
    case 'EACCES':
      return 'permission denied; give it the same group and mode as the configuration';
    case 'ENOENT':
      return 'it is a link to a file that does not exist; correct the link, or remove it';
    case 'ENOTDIR':
      return 'it is not a folder; put files with rules into a folder of this name';
    case 'EISDIR':
      return 'it is a folder; put files directly into alerts.d';
    default:
      return reasonOf(error);
  }
}

type Found = Pick<RuleFiles, 'rules' | 'complaints'>;
/** By the name of a rule, the file that contains it. */
type Known = Map<string, string>;

async function rulesOf(file: string, read: Read, known: Known): Promise<Found> {
  if ('reason' in read) return { rules: [], complaints: [{ place: file, message: read.reason }] };
  const { readYaml } = await import('../base/yaml/yaml.ts');
  const source = readYaml(read.text);
  const { rules, faults } = checked(source.value, source.value !== undefined);
  const isList = Array.isArray(source.value);
  const inList = (path: readonly PathPart[]): readonly PathPart[] => (isList ? path.slice(1) : path);
  for (const [index, { name }] of rules.entries()) {
    const other = known.get(name);
    if (other === undefined) known.set(name, file);
    else
      faults.push({
        path: inList(['alerts', index, 'name']),
        message: `${name} is already the name of a rule in ${other}; choose another name`,
      });
  }
  const complaints = complaintsOf(source, faults, (path) => formatPath(isList ? ['alerts', ...path] : path));
  return {
    rules: rules.map((rule) => ({ ...rule, file })),
    complaints: complaints.map(({ place, message }) => ({ place: `${file}: ${place}`, message })),
  };
}

function checked(value: unknown, isYaml: boolean): { rules: readonly RuleSettings[]; faults: Fault[] } {
  if (!isYaml) return { rules: [], faults: [] };
  const result = Array.isArray(value) ? validate(rulesSchema, value) : validate(ruleFileSchema, value);
  if ('faults' in result) {
    const base = Array.isArray(value) ? ['alerts'] : [];
    return { rules: [], faults: result.faults.map((fault) => withRemedy(fault, value, base)) };
  }
  return { rules: Array.isArray(result.value) ? result.value : result.value.alerts, faults: [] };
}
