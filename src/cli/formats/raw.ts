import { formatRfc5424 } from '../../parse/index.ts';
import { visible } from '../io/escape.ts';
import type { Format, FormatOptions } from './format.ts';

const LF = Buffer.from('\n');

/** The bytes as received if they were kept, else the message as an RFC 5424 line. Escaped on a terminal only. */
export function raw(options: FormatOptions): Format {
  return {
    row(message) {
      if (options.terminal) {
        return `${visible(message.raw ? Buffer.from(message.raw).toString('utf8') : formatRfc5424(message))}\n`;
      }
      return message.raw ? Buffer.concat([message.raw, LF]) : `${formatRfc5424(message)}\n`;
    },
  };
}
