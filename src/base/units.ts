/** Lengths of time, ms. */
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const DURATION_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
  d: DAY,
  w: 7 * DAY,
  y: 365 * DAY,
};
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Parses `90s`, `1h30m`, `1h 30m`, `30d` into ms; undefined if the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (!/^\d+(\.\d+)?(ms|[smhdwy])( ?\d+(\.\d+)?(ms|[smhdwy]))*$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/g)) {
    total += Number(amount) * DURATION_MS[unit!]!;
  }
  return exact(total);
}

/** Parses `64KiB`, `64 KiB`, `1.5GB`, `512` into bytes; undefined if the text is not a size. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([kKMGT]i?B|B)?$/.exec(text);
  const factor = match && BYTES[match[2] ?? 'B'];
  return factor ? exact(Number(match[1]) * factor) : undefined;
}

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^(ms|msecs?|milliseconds?)$/i, 'ms'],
  [/^(s|secs?|seconds?)$/i, 's'],
  [/^(m|mins?|minutes?)$/i, 'm'],
  [/^(h|hrs?|hours?)$/i, 'h'],
  [/^(d|days?)$/i, 'd'],
  [/^(w|weeks?)$/i, 'w'],
  [/^(y|years?)$/i, 'y'],
];

/** What was probably meant by a text that is not a duration: `7d` for `7 days`, `30d` for `1 month`. */
export function nearDuration(given: unknown): string | undefined {
  const [, amount, word = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(String(given).trim()) ?? [];
  if (amount === undefined) return undefined;
  if (/^(M|months?)$/i.test(word) && word !== 'm') return `${Number(amount) * 30}d`;
  const unit = WORDS.find(([pattern]) => pattern.test(word))?.[1];
  return unit && `${amount}${unit}`;
}

/** What was probably meant by a text that is not a size: `50GiB` for `50G`, `8GiB` for 8589934592. */
export function nearBytes(given: unknown): string | undefined {
  if (typeof given === 'number') return given >= 1024 ? formatBytes(given).replace(' ', '') : undefined;
  const [, amount, prefix, binary, unit] =
    /^(\d+(?:\.\d+)?)\s*([kmgt])(i?)(b?)(?:ytes?)?$/i.exec(String(given).trim()) ?? [];
  if (amount === undefined) return undefined;
  const letter = prefix!.toUpperCase();
  return unit === '' || binary !== '' ? `${amount}${letter}iB` : `${amount}${letter}B`;
}

/** Rounds to a whole number; undefined beyond the safe integers. */
function exact(value: number): number | undefined {
  const whole = Math.round(value);
  return Number.isSafeInteger(whole) ? whole : undefined;
}

/** `1.5 GiB`, `64 KiB`, `12 B`: for people. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${Number(value.toFixed(digits))} ${units[unit]}`;
}

/** `30d`, `1h 30m`, `1.5s`, `250ms`, `0s`: the two largest units, rounded down. */
export function formatDuration(ms: number): string {
  const whole = Math.round(ms);
  if (whole > 0 && whole < 1000) return `${whole}ms`;
  if (whole < 60_000) return `${Math.floor(whole / 100) / 10}s`;
  const parts: string[] = [];
  let rest = whole;
  for (const unit of ['d', 'h', 'm', 's']) {
    const size = DURATION_MS[unit]!;
    if (rest >= size && parts.length < 2) {
      parts.push(`${Math.floor(rest / size)}${unit}`);
      rest %= size;
    }
  }
  return parts.join(' ');
}
