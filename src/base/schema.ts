import { z } from 'zod';
import { parseBytes, parseDuration } from './units.ts';

export { z };

/** A duration with its unit, `30d`, as ms. */
export function duration(): z.ZodType<number, string | number> {
  return united(parseDuration, 'a duration with its unit, e.g. 90s, 10m, 30d');
}

/** A size with its unit, `64KiB`, as bytes. */
export function bytes(): z.ZodType<number, string | number> {
  return united(parseBytes, 'a size with its unit, e.g. 64KiB, 2GiB');
}

function united(parse: (text: string) => number | undefined, wanted: string): z.ZodType<number, string | number> {
  return z.union([z.string(), z.number()]).transform((given, context) => {
    const value = typeof given === 'string' ? parse(given) : undefined;
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `${JSON.stringify(given)} is not ${wanted}`, input: given });
    return z.NEVER;
  }) as z.ZodType<number, string | number>;
}

export type HostPort = { readonly host: string; readonly port: number };

/** `127.0.0.1:5514`, `[::1]:5514`, `*:514` (every address); port 0 asks the system for one. */
export function hostPort(): z.ZodType<HostPort, string> {
  return z.string().transform((text, context) => {
    const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
    const port = Number(match?.[3]);
    if (match && port <= 65535) return { host: match[1] ?? (match[2] === '*' ? '::' : match[2]!), port };
    const message = `${JSON.stringify(text)} is not an address and port, e.g. 0.0.0.0:514 or [::]:514`;
    context.addIssue({ code: 'custom', message, input: text });
    return z.NEVER;
  }) as unknown as z.ZodType<HostPort, string>;
}
