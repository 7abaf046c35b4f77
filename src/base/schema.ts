import { isIP, isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';
import { addressBits, parseNetwork } from './ip.ts';
import { didYouMean } from './text/nearest.ts';
import { formatBytes, formatDuration, nearBytes, nearDuration, parseBytes, parseDuration } from './units.ts';
import { isZone } from './zone.ts';

export { z };

/** Bounds of a value, both included, in ms or bytes. */
export type Bounds = { readonly min?: number; readonly max?: number };

/** How a setting with a unit is written and parsed. */
type Unit = {
  readonly name: 'duration' | 'bytes';
  readonly wanted: string;
  readonly parse: (text: string) => number | undefined;
  readonly format: (value: number) => string;
  /** What was probably meant by a value that cannot be parsed. */
  readonly near: (given: unknown) => string | undefined;
};

const DURATION: Unit = {
  name: 'duration',
  wanted: 'a duration with its unit, e.g. 90s, 10m, 30d',
  parse: parseDuration,
  format: formatDuration,
  near: (given) => (typeof given === 'number' ? `${given}s, ${given}m, ${given}h or ${given}d` : nearDuration(given)),
};
const BYTES: Unit = {
  name: 'bytes',
  wanted: 'a size with its unit, e.g. 64KiB, 2GiB',
  parse: parseBytes,
  format: formatBytes,
  near: nearBytes,
};

/** A setting that is written as text, or in YAML as a bare number, and becomes an `Output`. */
export type Written<Output> = z.ZodType<Output, string | number>;

/** A duration with its unit, `30d`, as ms. */
export function duration(bounds: Bounds = {}): Written<number> {
  return united(DURATION, bounds);
}

/** A size with its unit, `64KiB`, as bytes. */
export function bytes(bounds: Bounds = {}): Written<number> {
  return united(BYTES, bounds);
}

function united(unit: Unit, { min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds): Written<number> {
  return written(unit.wanted, { unit: unit.name }, (given) => {
    const value = typeof given === 'string' ? unit.parse(given) : undefined;
    if (value === undefined)
      return { refused: `${shown(given)} is not ${unit.wanted}${writeInstead(unit.near(given))}` };
    if (value < min) return { refused: `${shown(given)} is too small; the minimum is ${unit.format(min)}` };
    if (value > max) return { refused: `${shown(given)} is too large; the maximum is ${unit.format(max)}` };
    return { value };
  });
}

/** The remedy for a value that was probably meant so; empty if that is not known. */
export function writeInstead(near: string | undefined): string {
  return near === undefined ? '' : `; write ${near}`;
}

export type HostPort = { readonly host: string; readonly port: number };

/** `127.0.0.1:5514`, `[::1]:5514`, `*:514` (every address). With port 0, the system chooses a port. */
export function hostPort(): Written<HostPort> {
  const wanted = 'an address and port, e.g. 0.0.0.0:514 or [::]:514';
  return written(wanted, { unit: 'hostPort' }, (given) => {
    const [, inBrackets, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(String(given)) ?? [];
    const port = Number(digits);
    const host = inBrackets ?? (plain === '*' ? '::' : plain);
    if (host === undefined)
      return { refused: `${shown(given)} is not ${wanted}${writeInstead(nearAddress(String(given)))}` };
    if (port > 65535) return { refused: `${shown(given)} is not ${wanted}: the highest port is 65535` };
    const known = inBrackets === undefined && plain !== '*' ? isHost(host) : isIPv6(host);
    return known
      ? { value: { host, port } }
      : { refused: `${shown(given)} is not ${wanted}: ${host} is not a valid host name` };
  });
}

/** What was probably meant by a text without a port, without an address, or with an IPv6 address without brackets. */
function nearAddress(given: string): string | undefined {
  if (/^:?\d{1,5}$/.test(given)) return `"*:${given.replace(':', '')}", with the quotes, for all addresses`;
  if (isIPv6(given)) {
    const [, address, port] = /^(.*[^:]):(\d{1,5})$/.exec(given) ?? [];
    const split = address !== undefined && isIPv6(address) ? `[${address}]:${port}` : '';
    return split || `[${given}]:514`;
  }
  if (/^\[[^\]]+\]$/.test(given) || isHost(given)) return `${given}:514`;
  return undefined;
}

/** An IPv4 address or a host name; a text of digits and dots must be an address. */
function isHost(text: string): boolean {
  if (/^[\d.]+$/.test(text)) return isIPv4(text);
  return /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i.test(text);
}

/** An IANA time zone (`Europe/Berlin`, `UTC`) or an offset (`+02:00`). */
export function zone(): Written<string> {
  return written('a time zone, e.g. Europe/Berlin or +02:00', {}, (given) => {
    if (typeof given === 'string' && isZone(given)) return { value: given };
    const zones = Intl.supportedValuesOf('timeZone');
    const city = `/${String(given).toLowerCase().replace(/ /g, '_')}`;
    const named = zones.find((each) => each.toLowerCase().endsWith(city));
    const hint = named === undefined ? didYouMean(String(given), zones) : `; did you mean "${named}"?`;
    return { refused: `${shown(given)} is not a time zone${hint || ', e.g. Europe/Berlin or +02:00'}` };
  });
}

/**
 * A network: `10.0.0.0/8`, `2001:db8::/32`, or a single address, which gets its full prefix:
 * `10.0.0.7/32`.
 */
export function cidr(): Written<string> {
  const wanted = 'an address or a network, e.g. 10.0.0.0/8 or 2001:db8::/32';
  return written(wanted, {}, (given) => {
    const network = parseNetwork(String(given));
    if (network) return { value: `${network.address}/${network.prefix}` };
    const family = isIP(String(given).replace(/\/\d{1,3}$/, ''));
    const longest =
      family === 0 || String(given).includes('%') ? '' : `: the longest prefix is /${addressBits(family)}`;
    return { refused: `${shown(given)} is not ${wanted}${longest}` };
  });
}

/** Where a secret is stored; `config` reads it. */
export type SecretReference = { readonly file: string } | { readonly env: string };

/**
 * `{file: /path}` or `{env: NAME}`. A secret in the configuration itself is an error, since
 * configurations are copied.
 */
export function secret(): z.ZodType<SecretReference, SecretReference> {
  const remedy =
    'is not allowed here; write the secret into a file of its own and refer to it: {file: /path}, or {env: NAME}';
  const reference = z.union([z.strictObject({ file: z.string().min(1) }), z.strictObject({ env: z.string().min(1) })], {
    error: ({ input }) =>
      typeof input === 'object' ? 'is neither {file: /path} nor {env: NAME}' : `a secret as plain text ${remedy}`,
  });
  return reference;
}

export type Reading<Output> = { readonly value: Output } | { readonly refused: string };

/**
 * A text or bare number that `read` turns into a value or rejects with a reason. @param wanted what
 * it should be
 */
export function written<Output>(
  wanted: string,
  meta: Record<string, unknown>,
  read: (given: string | number) => Reading<Output>,
): Written<Output> {
  const input = z.union([z.string(), z.number()], {
    error: ({ input: given }) =>
      given === undefined ? `is missing; it is ${wanted}` : `${shown(given)} is not ${wanted}`,
  });
  const output = input.transform((given, context): Output => {
    const reading = read(given);
    if ('value' in reading) return reading.value;
    context.addIssue({ code: 'custom', message: reading.refused, input: given });
    return z.NEVER;
  });
  return output.meta({ ...meta, type: 'string', description: wanted }) as Written<Output>;
}

function quoted(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'a value that is nested too deeply';
  }
}

/** A value as messages quote it: on one line, cut if it is long. */
export function shown(value: unknown): string {
  const text = quoted(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** A name in counters and messages: lower-case, at most 32 characters. */
export function shortName() {
  return z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/, {
    error: 'is not a name: it starts with a to z, may contain a to z, 0 to 9, _ and -, and has at most 32 characters',
  });
}

/** A rate of messages. @param seconds whose messages may come at once by default; `words` says so */
export function messageRate(seconds: number, words: string) {
  return z
    .strictObject({
      per_second: z.int().min(1).max(1_000_000).meta({ description: 'messages a second, on average' }),
      burst: z
        .int()
        .min(1)
        .max(100_000_000)
        .optional()
        .meta({ description: `messages at once after a pause; default: ${words}` }),
    })
    .transform(({ per_second, burst = per_second * seconds }) => ({ per_second, burst }));
}
