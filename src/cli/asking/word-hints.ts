import type { TermFilter } from '../../model/filter.ts';
import { severityCode, SEVERITIES } from '../../model/priority.ts';

const TIME = /^(?:today|yesterday|(?:\d+[smhdw])+|\d{4}-\d\d-\d\d)$/;

/**
 * What a text that was not found may have been meant as: a field, a network, a time or a severity.
 *
 * @param text a word or phrase of the query, folded
 * @param fieldOf the field of this name or alias
 */
export function wordHint(text: string, fieldOf: (name: string) => string | undefined): string | undefined {
  const [, name, value] = /^([a-z_][\w.-]*)=([^\s=]+)$/.exec(text) ?? [];
  if (name !== undefined)
    return `${text} was searched as text; for a field write fields.${name}:${value} or sd.ID.${name}:${value}`;
  const network = /^((?:\d{1,3}\.){4})\/(\d{1,2})$/.exec(text.replace('/', './'));
  if (network) return `the network ${text} was searched as text; write how its addresses begin: ${startOf(network)}`;
  if (TIME.test(text)) return `"${text}" was searched as a word; for the time: -S ${text}`;
  const field = fieldOf(text);
  if (field !== undefined && field !== 'message')
    return `"${text}" was searched as a word; for the field write ${text}:VALUE; cordwood top ${text} counts its values`;
  const code = /^\d+$/.test(text) ? undefined : (severityCode(text) ?? severityCode(text.replace(/s$/, '')));
  if (code === undefined) return undefined;
  return `${JSON.stringify(text)} was searched as a word; for the severity, and worse: -p ${SEVERITIES[code]}`;
}

/** `10.1.*` for `10.1.0.0/16`: the whole bytes of the prefix. */
function startOf([, address, prefix]: RegExpExecArray): string {
  const bytes = Math.max(1, Math.min(3, Math.floor(Number(prefix) / 8)));
  return `${address!.split('.').slice(0, bytes).join('.')}.*`;
}

/** Whether a term asks for a field that only some messages have: of structured data, or of `fields`. */
export function isOwnField({ field }: Pick<TermFilter, 'field'>): boolean {
  return /^(?:sd|fields)\./.test(field);
}

/** The names that may be meant by one that no message has: those that end in the same word. */
export function namesEndingAlike(name: string, names: readonly string[]): string[] {
  const [last] = name.toLowerCase().match(/[^."]+"?$/) ?? [];
  return names.filter((each) => last !== undefined && each.toLowerCase().match(/[^."]+"?$/)?.[0] === last);
}
