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
  return { faults: result.error.issues.flatMap((issue) => faultsOf(issue, schema, value)) };
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
    const hint = didYouMean(key, known) || `; known here: ${known.join(', ')}`;
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
    return given === undefined ? `is missing; it is ${wanted}` : `${shown(given)} is not ${wanted}`;
  }
  if (issue.code === 'invalid_value') return notOneOf(given, issue.values.map(String));
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    const kinds = (issue as { options?: unknown[] }).options ?? [];
    return notOneOf((given as Record<string, unknown> | undefined)?.[issue.discriminator], kinds.map(String));
  }
  if (issue.code === 'invalid_key') return `${shown(issue.path.at(-1))} ${issue.issues[0]?.message ?? 'is no key'}`;
  if (issue.code === 'too_big') return outside(issue.origin, given, `at most ${issue.maximum}`);
  if (issue.code === 'too_small') return outside(issue.origin, given, `at least ${issue.minimum}`);
  return issue.message;
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
