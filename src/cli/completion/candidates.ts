import { FIELD_NAMES } from '../../model/filter.ts';
import { FLAGS } from '../../model/message.ts';
import { FACILITIES, SEVERITIES } from '../../model/priority.ts';
import type { Questions } from '../../ask/contract.ts';
import type { Source } from '../args/flag.ts';

/** What the server knows of a kind, if the name begins so; empty if it cannot be asked. */
export type AskNames = (of: Questions['names']['params']['of'], prefix: string) => Promise<readonly string[]>;

/** Values that mean the same in a query and in a shell: others would have to be quoted for both. */
const PLAIN_VALUE = /^[\p{L}\p{N}_.@-]+$/u;

/**
 * Whole words that can stand in place of what is typed of one. Of a list `a,b` only the last entry is completed, of a
 * condition `field:value` only the value.
 */
export async function candidates(source: Source, typed: string, ask: AskNames): Promise<readonly string[]> {
  switch (source) {
    case 'query':
      return conditions(typed, ask);
    case 'field':
      return inList(typed, (name) => fieldNames(name, ask));
    case 'facility':
      return inList(typed, async () => FACILITIES);
    case 'zone':
      return Intl.supportedValuesOf('timeZone');
    case 'file':
    case 'folder':
    case 'severity':
    case 'time':
      // Shells complete these by themselves.
      return [];
    default:
      return ask(source, typed);
  }
}

async function inList(
  typed: string,
  complete: (entry: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const before = typed.slice(0, typed.lastIndexOf(',') + 1);
  return (await complete(typed.slice(before.length))).map((entry) => before + entry);
}

/** The fields of every message, and if one of the others is begun, those that occur. */
async function fieldNames(typed: string, ask: AskNames): Promise<readonly string[]> {
  if (/^(sd|fields)\./.test(typed)) return (await ask('field', typed)).filter((name) => /^[^"]*$/.test(name));
  return [...FIELD_NAMES, 'fields.', 'sd.'];
}

async function conditions(typed: string, ask: AskNames): Promise<readonly string[]> {
  const [, field, value = ''] = /^([\w.@-]+):(.*)$/s.exec(typed) ?? [];
  if (field !== undefined) return (await valuesOf(field, value, ask)).map((one) => `${field}:${one}`);
  const names = (await fieldNames(typed, ask)).map((name) => (name.endsWith('.') ? name : `${name}:`));
  return typed === '' ? names : [...names, 'AND', 'OR', 'NOT'];
}

async function valuesOf(field: string, typed: string, ask: AskNames): Promise<readonly string[]> {
  const asked = async (of: Parameters<AskNames>[0]): Promise<readonly string[]> =>
    (await ask(of, typed)).filter((value) => PLAIN_VALUE.test(value));
  switch (field) {
    case 'hostname':
    case 'host':
      return asked('host');
    case 'appname':
    case 'app':
      return asked('program');
    case 'stream':
      return asked('stream');
    case 'source.listener':
      return asked('listener');
    case 'severity':
      return [...SEVERITIES, ...SEVERITIES.map((name) => `<=${name}`)];
    case 'facility':
      return FACILITIES;
    case 'flags':
      return FLAGS;
    case 'format':
      return ['rfc5424', 'rfc3164', 'unknown'];
    case 'source.transport':
      return ['udp', 'tcp', 'tls', 'relp'];
    default:
      return [];
  }
}
