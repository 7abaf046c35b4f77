import { Refused } from '../problem.ts';

/** Answers by their media types, the first one by default. */
export const FORMATS = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
  text: 'text/plain',
} as const;
export type Format = keyof typeof FORMATS;

/**
 * The format that a client asks for: the one it likes best of those on offer; the first if it takes everything.
 * @throws Refused ERR_USAGE if it takes none of them
 */
export function formatFor(accept: string | undefined, offered: readonly Format[]): Format {
  const ranges = (accept ?? '*/*').split(',').map(readRange);
  let best: { readonly format: Format; readonly quality: number } | undefined;
  for (const format of offered) {
    const quality = qualityOf(FORMATS[format], ranges);
    if (quality > (best?.quality ?? 0)) best = { format, quality };
  }
  if (best) return best.format;
  const types = offered.map((format) => FORMATS[format]).join(', ');
  throw new Refused('ERR_USAGE', `cannot answer as ${(accept ?? '').slice(0, 100)}: the answer can be ${types}`);
}

type Range = { readonly type: string; readonly quality: number };

function readRange(text: string): Range {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = Number(rest.find((part) => part.startsWith('q='))?.slice(2) ?? 1);
  return { type, quality: Number.isNaN(quality) ? 0 : quality };
}

/** The most specific range counts. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  const found = [type, type.replace(/\/.*/, '/*'), '*/*'].flatMap(
    (wanted) => ranges.find((range) => range.type === wanted) ?? [],
  );
  return found[0]?.quality ?? 0;
}
