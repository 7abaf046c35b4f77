import { stampsIn } from '../views/stamps.ts';
import type { Format, FormatOptions } from './format.ts';
import { lineFormat, mark } from './line.ts';

/** `2026-11-22T16:20:01.123+01:00 web1 sshd[1234]: text`. */
export function shortIso(options: FormatOptions): Format {
  const stamps = stampsIn(options.zone);
  return lineFormat(options, (message) => stamps.iso(message.timestamp.getTime()) + mark(message));
}
