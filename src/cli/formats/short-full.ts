import { formatFull } from '../../query/index.ts';
import type { Format, FormatOptions } from './format.ts';
import { lineFormat } from './line.ts';

/** `2026-11-22 16:20:01.123 +01:00 web1 sshd[1234]: text`: the time of arrival, in a form that `-S` takes. */
export function shortFull(options: FormatOptions): Format {
  return lineFormat(options, (message) => formatFull(message.received_at.getTime(), options.zone));
}
