import { stampsIn } from '../views/stamps.ts';
import type { Format, FormatOptions } from './format.ts';
import { lineFormat, mark } from './line.ts';

/** `Nov 22 16:20:01 web1 sshd[1234]: text`. */
export function short(options: FormatOptions): Format {
  const stamps = stampsIn(options.zone);
  return lineFormat(options, (message) => stamps.short(message.timestamp.getTime()) + mark(message));
}
