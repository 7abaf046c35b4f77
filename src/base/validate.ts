import { didYouMean } from './text/nearest.ts';
import { shown, z } from './schema.ts';

export type PathPart = string | number;

/** One error in a value: the path says where, the message names the value and the remedy. */
export type Fault = {
  readonly path: readonly PathPart[];
  readonly message: string;
  /** Set if the path ends at an unknown key. */
  readonly unknownKey?: true;
};

/** Validates a value against a schema. @returns the parsed value, or all errors in it */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): { readonly value: z.output<Schema> } | { readonly faults: readonly Fault[] } {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return { value: result.data };
  const { issues } = result.error;
  // A value of the wrong type breaks other rules as well; only the type helps.
  const wrongType = new Set(issues.filter(({ code }) => code === 'invalid_type').map(({ path }) => path.join('\0')));
  const told = issues.filter(({ code, path }) => code === 'invalid_type' || !wrongType.has(path.join('\0')));
  return { faults: told.flatMap((issue) => faultsOf(issue, schema, value)) };
}

/** `listen[1].max_frame`. */
export function formatPath(path: readonly PathPart[]): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index ? `.${part}` : part)).join('');
}

function faultsOf(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown): Fault[] {
  const path = issue.path as PathPart[];
  if (issue.code !== 'unrecognized_keys') return [{ path, message: withValue(messageOf(issue), valueAt(value, path)) }];
  const known = keysAt(schema, value, path);
  return issue.keys.map((key) => {
    const set = setTo(key, valueAt(value, [...path, key]));
    const elsewhere = path.length > 0 || !known.includes(key) ? placesOf(schema, key) : [];
    const belongs = elsewhere.length > 0 ? `; it belongs to ${elsewhere.join(', or to ')}` : '';
    const hint = didYouMean(key, known) || `${belongs}; known here: ${known.join(', ')}`;
    return { path: [...path, key], message: `unknown key${set}${hint}`, unknownKey: true };
  });
}

/** The value of an unknown key for the message, unless it may be a secret. */
function setTo(key: string, value: unknown): string {
  const plain = value === null || typeof value !== 'object';
  return plain && !/pass|secret|token|key/i.test(key) ? ` (set to ${shown(value)})` : '';
}

/** Adds the value to a schema's own message that begins with `is`. */
function withValue(message: string, given: unknown): string {
  return /^is (?!missing)/.test(message) && given !== undefined ? `${shown(given)} ${message}` : message;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of keys',
};

function messageOf(issue: z.core.$ZodIssue): string {
  const given = issue.input;
  if (given === null || given === '') return 'is empty; give it a value, or leave the key out';
  if (issue.code === 'invalid_type') {
    const wanted = TYPES[issue.expected] ?? issue.expected;
    return given === undefined
      ? `is missing; it is ${wanted}`
      : `${shown(given)} is not ${wanted}${instead(given, issue.expected, issue.path as PathPart[])}`;
  }
  if (issue.code === 'invalid_value') return notOneOf(given, issue.values.map(String));
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    const kinds = (issue as { options?: unknown[] }).options ?? [];
    const kind = (given as Record<string, unknown> | undefined)?.[issue.discriminator];
    const isTls = kind === 'tls' && kinds.includes('tcp');
    return notOneOf(kind, kinds.map(String)) + (isTls ? '; write kind: tcp and tls: {cert: …, key: …}' : '');
  }
  if (issue.code === 'invalid_key') return `${shown(issue.path.at(-1))} ${issue.issues[0]?.message ?? 'is no key'}`;
  if (issue.code === 'too_big') return outside(issue.origin, given, `at most ${issue.maximum}`);
  if (issue.code === 'too_small') return outside(issue.origin, given, `at least ${issue.minimum}`);
  return issue.message;
}

const YES = /^(y|yes|on|1)$/i;
const NO = /^(n|no|off|0)$/i;

/** What to write instead of a value of the wrong type; empty if that is not clear. */
function instead(given: unknown, expected: string, path: readonly PathPart[]): string {
  if (expected === 'boolean')
    return YES.test(String(given)) ? '; write true' : NO.test(String(given)) ? '; write false' : '';
  const isGroup = typeof given === 'object' && given !== null && !Array.isArray(given) && Object.keys(given).length > 0;
  if (expected === 'array') {
    if (isGroup) return `; write "- " before its first key, ${Object.keys(given)[0]}, and align the others with it`;
    return typeof given === 'string' || typeof given === 'number' ? `; write [${flowText(given)}]` : '';
  }
  if (expected !== 'object') return '';
  if (Array.isArray(given) && given.length > 0 && path.length === 0)
    return '; write the key that this list belongs to above it';
  if (Array.isArray(given)) return isGroups(given) ? '; remove the "- " before its first key' : '';
  const [, key, sign, value] = /^\s*([A-Za-z_]\w*)(\s*[:=]\s*)(\S[^=]*?)(?:\s+\w+\s*=.*)?$/.exec(String(given)) ?? [];
  if (key === undefined) return '';
  const reason = sign!.trim() === '=' ? 'a colon and a blank follow a key' : 'a blank is missing after the colon';
  return `: ${reason}; write ${key}: ${value}`;
}

function isGroups(given: readonly unknown[]): boolean {
  return given.length === 1 && typeof given[0] === 'object' && given[0] !== null;
}

/** A text as it may stand in `[…]`. */
function flowText(given: string | number): string {
  return /^[\w.@/-]+$/.test(String(given)) ? String(given) : JSON.stringify(given);
}

function notOneOf(given: unknown, known: readonly string[]): string {
  const list = known.join(', ');
  if (given === undefined) return `is missing; it is one of: ${list}`;
  return `${shown(given)} is not one of: ${list}${didYouMean(String(given), known)}`;
}

function outside(origin: string, given: unknown, bound: string): string {
  if (origin === 'array') return `has ${(given as unknown[]).length} entries; it takes ${bound}`;
  if (origin === 'string') return `${shown(given)} has the wrong length; it takes ${bound} characters`;
  return `${shown(given)} is out of range; it is ${bound}`;
}

/** The places of a schema that have this key: `streams[]`, `mail`, three at most. */
function placesOf(schema: z.ZodType, key: string): string[] {
  const found = new Map<string, string[]>();
  const walk = (at: z.ZodType, path: string, depth: number): void => {
    if (depth > 4) return;
    for (const each of optionsOf(at)) {
      if (each instanceof z.ZodArray) walk(each.element as z.ZodType, `${path}[]`, depth + 1);
      if (!(each instanceof z.ZodObject)) continue;
      if (path !== '' && Object.hasOwn(each.shape, key)) found.set(path, [...(found.get(path) ?? []), ...kindOf(each)]);
      for (const [name, below] of Object.entries(each.shape))
        walk(below as z.ZodType, path === '' ? name : `${path}.${name}`, depth + 1);
    }
  };
  walk(schema, '', 0);
  return [...found]
    .slice(0, 3)
    .map(([path, kinds]) => (kinds.length > 0 ? `${path} of kind ${kinds.join(' or ')}` : path));
}

/** The kind that a schema is for, in a list; empty if it is for any. */
function kindOf(schema: z.ZodObject): string[] {
  const kind = schema.shape['kind'];
  return kind instanceof z.ZodLiteral ? [...kind.values].map(String) : [];
}

/** What a schema may be below defaults and transforms: several schemas if it is a choice. */
function optionsOf(schema: z.ZodType): z.ZodType[] {
  const below = narrow(schema, undefined);
  if (below === schema && below instanceof z.ZodUnion) return (below.options as z.ZodType[]).flatMap(optionsOf);
  return below === schema ? [below] : optionsOf(below);
}

/**
 * The keys that the object at `path` may have; of a choice of kinds, those of the kind that was
 * given.
 */
function keysAt(schema: z.ZodType, value: unknown, path: readonly PathPart[]): string[] {
  let at: z.ZodType | undefined = narrow(schema, value);
  let here = value;
  for (const part of path) {
    if (at instanceof z.ZodObject) at = at.shape[part];
    else if (at instanceof z.ZodArray) at = at.element as z.ZodType;
    here = valueAt(here, [part]);
    at = at && narrow(at, here);
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/** The schema below defaults, transforms and choices. */
function narrow(schema: z.ZodType, value: unknown): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return narrow(schema.unwrap() as z.ZodType, value);
  }
  if (schema instanceof z.ZodPipe) return narrow(schema.in as z.ZodType, value);
  if (!(schema instanceof z.ZodUnion)) return schema;
  const kind = valueAt(value, ['kind']);
  for (const option of schema.options as z.ZodType[]) {
    const narrowed = narrow(option, value);
    if (narrowed instanceof z.ZodObject && narrowed.shape['kind']?.safeParse(kind).success) return narrowed;
  }
  return schema;
}

function valueAt(value: unknown, path: readonly PathPart[]): unknown {
  let at = value;
  for (const part of path)
    at = at !== null && typeof at === 'object' ? (at as Record<PathPart, unknown>)[part] : undefined;
  return at;
}
