import type { z } from '../base/schema.ts';
import type { Fault } from '../base/validate.ts';
import { type settingsSchema, streamSchema } from './schema.ts';
import type { StreamSettings } from './settings.ts';

type Checked = z.output<typeof settingsSchema>;

/** What no stream takes is of this one. */
const DEFAULT = 'default';

/** The streams as they were written, and `default` where it was not. */
export function streamsOf(written: Checked['streams']): StreamSettings[] {
  const streams = written.some(({ name }) => name === DEFAULT)
    ? written
    : [...written, streamSchema.parse({ name: DEFAULT })];
  return streams.map(({ name, match, keep, max_size, importance }) => ({
    name,
    ...(match !== undefined && { match }),
    ...(keep !== undefined && { keep }),
    ...(max_size !== undefined && { maxSize: max_size }),
    importance,
  }));
}

/** Names that two streams, or two stages, share; streams that take nothing, and a `default` that would not take all. */
export function streamConflicts({ streams, pipeline }: Checked): Fault[] {
  return [...repeated('streams', streams), ...repeated('pipeline', pipeline), ...streams.flatMap(matchFaults)];
}

function repeated(list: string, items: readonly { readonly name?: string | undefined }[]): Fault[] {
  const names = items.map(({ name }) => name);
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (name === undefined || first === index) return [];
    return [
      { path: [list, index, 'name'], message: `"${name}" is the name of ${list}[${first}], too; give each its own` },
    ];
  });
}

function matchFaults({ name, match }: Checked['streams'][number], index: number): Fault[] {
  if (name === DEFAULT) {
    const message = 'default takes what no other stream does; remove the match, or give the stream another name';
    return match === undefined ? [] : [{ path: ['streams', index, 'match'], message }];
  }
  const message = `is missing: without one, "${name}" would take nothing; it is a query, e.g. facility:auth`;
  return match === undefined ? [{ path: ['streams', index, 'match'], message }] : [];
}
