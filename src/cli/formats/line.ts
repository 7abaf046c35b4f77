import type { Gap } from '../../account/contract.ts';
import { MINUTE } from '../../base/units.ts';
import type { LogMessage } from '../../model/message.ts';
import { dim, paint } from '../io/colors.ts';
import { visible } from '../io/escape.ts';
import { gapLine } from '../views/gap-line.ts';
import { type CellReader, cellReader, namesOf } from './cells.ts';
import type { Format, FormatOptions } from './format.ts';

/** A timestamp further than this from arrival is marked, ms. */
const OFF = MINUTE;

/** Formats of one line for people, which differ only in the time they show. */
export function lineFormat(options: FormatOptions, stamp: (message: LogMessage) => string): Format {
  const { color } = options;
  const fieldsOf = fieldWriter(options);
  return {
    gap: '--\n',
    missing: missingLine(options),
    row(message, context) {
      const line = `${stamp(message)} ${visible(head(message) + message.message + fieldsOf(message))}`;
      if (!color) return `${line}\n`;
      return `${context ? dim(line) : paint(line, message.severity)}\n`;
    },
  };
}

/** Writes ` key=value` for each field that was extracted, or for those of `--fields`. */
function fieldWriter(options: FormatOptions): (message: LogMessage) => string {
  const chosen = options.fields?.map((name) => ({ name, read: cellReader(name, options) }));
  return (message) => {
    if (!chosen && message.fields === undefined) return '';
    const fields = chosen ?? extracted(message, options);
    let text = '';
    for (const { name, read } of fields) {
      const value = read(message);
      if (value !== undefined) text += ` ${name.replace(/^fields\./, '')}=${pairValue(value)}`;
    }
    return text;
  };
}

function extracted(message: LogMessage, options: FormatOptions): { name: string; read: CellReader }[] {
  const names = namesOf(message).filter((name) => name.startsWith('fields.'));
  return names.map((name) => ({ name, read: cellReader(name, options) }));
}

function pairValue(value: string): string {
  return value === '' || /[\s="\\]/.test(value) ? JSON.stringify(value) : value;
}

/** The line for a gap. It is dimmed in colour, so that no message can imitate it. */
export function missingLine({ color, zone }: FormatOptions): (gap: Gap) => string {
  const line = gapLine(zone);
  return (gap) => {
    const text = `-- ${visible(line(gap))}`;
    return `${color ? dim(text) : text}\n`;
  };
}

/** `~` if the sender's timestamp is far from arrival, else nothing. */
export function mark(message: LogMessage): string {
  return Math.abs(message.timestamp.getTime() - message.received_at.getTime()) > OFF ? '~' : '';
}

function head({ hostname, appname, procid, source }: LogMessage): string {
  const pid = procid === undefined ? '' : `[${procid}]`;
  const tag = appname === undefined && pid === '' ? '' : `${appname ?? ''}${pid}: `;
  return `${hostname ?? source.ip} ${tag}`;
}
