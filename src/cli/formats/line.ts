import type { Gap } from '../../account/contract.ts';
import type { LogMessage } from '../../model/message.ts';
import { dim, paint } from '../io/colors.ts';
import { visible } from '../io/escape.ts';
import { gapLine } from '../views/gap-line.ts';
import type { Format, FormatOptions } from './format.ts';

/** A clock that is off by more than this from arrival is marked, ms. */
const OFF = 60_000;

/** The formats of one line for people, which differ in the stamp only. */
export function lineFormat(options: FormatOptions, stamp: (message: LogMessage) => string): Format {
  const { color } = options;
  return {
    gap: '--\n',
    missing: missingLine(options),
    row(message, context) {
      const line = `${stamp(message)} ${visible(head(message) + message.message)}`;
      if (!color) return `${line}\n`;
      return `${context ? dim(line) : paint(line, message.severity)}\n`;
    },
  };
}

/** The line for what is missing, which no message can look like where it is dimmed. */
export function missingLine({ color, zone }: FormatOptions): (gap: Gap) => string {
  const line = gapLine(zone);
  return (gap) => {
    const text = `-- ${visible(line(gap))}`;
    return `${color ? dim(text) : text}\n`;
  };
}

/** `~` where the sender's clock is far from arrival, else nothing. */
export function mark(message: LogMessage): string {
  return Math.abs(message.timestamp.getTime() - message.received_at.getTime()) > OFF ? '~' : '';
}

function head({ hostname, appname, procid, source }: LogMessage): string {
  const pid = procid === undefined ? '' : `[${procid}]`;
  const tag = appname === undefined && pid === '' ? '' : `${appname ?? ''}${pid}: `;
  return `${hostname ?? source.ip} ${tag}`;
}
