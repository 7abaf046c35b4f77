import { didYouMean } from '../base/text/nearest.ts';
import { askedValues } from '../query/index.ts';
import type { Settings } from './settings.ts';

/** Rules that ask for a stream that the configuration does not have, a sentence each: they would never fire. */
export function unknownStreams({ alerts, streams }: Pick<Settings, 'alerts' | 'streams'>): string[] {
  const known = streams.map(({ name }) => name);
  return alerts.flatMap(({ name, query }) =>
    askedValues(query, 'stream')
      .filter((stream) => !known.includes(stream))
      .map((stream) => {
        const hint = didYouMean(stream, known) || `; streams are ${known.join(', ')}`;
        return `the rule ${name} asks for stream:${stream}, and no entry of streams: has this name${hint}`;
      }),
  );
}
