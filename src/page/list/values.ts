import type { Message } from '../api/answers.ts';

/** The values of a field by its name in queries; empty if the message does not have it. */
export function valuesOf(message: Message, field: string): string[] {
  return [at(message, field)].flat().flatMap((value) => (value === undefined || value === null ? [] : [String(value)]));
}

function at(message: Message, field: string): unknown {
  if (field.startsWith('fields.')) return message.fields?.[field.slice('fields.'.length)];
  if (field.startsWith('source.')) return message.source[field.slice('source.'.length) as keyof Message['source']];
  if (field.startsWith('sd.')) {
    const name = field.slice('sd.'.length);
    for (const [id, parameters] of Object.entries(message.structured_data ?? {})) {
      if (name.startsWith(`${id}.`)) return (parameters as Record<string, unknown>)[name.slice(id.length + 1)];
    }
    return undefined;
  }
  const value = message[field as keyof Message];
  return typeof value === 'object' && !Array.isArray(value) ? undefined : value;
}

/** Every field of a message that a query can name, in the order of the details. */
export function fieldsOf(message: Message): { field: string; value: string }[] {
  const plain = [
    'level',
    'facility',
    'hostname',
    'appname',
    'procid',
    'msgid',
    'stream',
    'format',
    'version',
    'length',
  ];
  const source = ['ip', 'port', 'transport', 'listener', 'peer_cn'].map((name) => `source.${name}`);
  const sd = Object.entries(message.structured_data ?? {}).flatMap(([id, parameters]) =>
    Object.keys(parameters as object).map((name) => `sd.${id}.${name}`),
  );
  const fields = Object.keys(message.fields ?? {}).map((name) => `fields.${name}`);
  return [...plain, ...fields, ...sd, ...source].flatMap((field) =>
    valuesOf(message, field).map((value) => ({ field, value })),
  );
}
