import type { z } from '../base/schema.ts';
import type { Fault } from '../base/validate.ts';
import { type settingsSchema, streamSchema } from './schema.ts';
import type { StreamSettings } from './settings.ts';

type Checked = z.output<typeof settingsSchema>;

/** The stream of messages that match no other stream. */
const DEFAULT = 'default';

/** The streams of the file, and `default` if the file does not contain it. */
export function streamsOf(given: Checked['streams']): StreamSettings[] {
  const streams = given.some(({ name }) => name === DEFAULT)
    ? given
    : [...given, streamSchema.parse({ name: DEFAULT })];
  return streams.map(({ name, match, keep, max_size, importance }) => ({
    name,
    ...(match !== undefined && { match }),
    ...(keep !== undefined && { keep }),
    ...(max_size !== undefined && { maxSize: max_size }),
    importance,
  }));
}

/** Finds names that two streams or two stages share, streams without a `match`, and a `default` with one. */
export function streamConflicts({ streams, pipeline }: Checked): Fault[] {
  return [...repeated('streams', streams), ...repeated('pipeline', pipeline), ...streams.flatMap(matchFaults)];
}

function repeated(list: string, items: readonly { readonly name?: string | undefined }[]): Fault[] {
  const names = items.map(({ name }) => name);
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (name === undefined || first === index) return [];
    return [
      {
        path: [list, index, 'name'],
        message: `"${name}" is already the name of ${list}[${first}]; choose another name`,
      },
    ];
  });
}

function matchFaults({ name, match }: Checked['streams'][number], index: number): Fault[] {
  if (name === DEFAULT) {
    const message = 'the stream default gets what matches no other stream; remove its match, or rename the stream';
    return match === undefined ? [] : [{ path: ['streams', index, 'match'], message }];
  }
  const message = `is missing: without it no message belongs to "${name}"; it is a query, e.g. facility:auth`;
  return match === undefined ? [{ path: ['streams', index, 'match'], message }] : [];
}
