import { visible } from '../io/escape.ts';
import { cellReader } from './cells.ts';
import type { Format, FormatOptions } from './format.ts';

const DEFAULT_FIELDS = ['timestamp', 'level', 'hostname', 'appname', 'procid', 'msgid', 'message'];
const KEYS: Readonly<Record<string, string>> = { timestamp: 'time', hostname: 'host', appname: 'app', message: 'msg' };

/** `time=… level=err host=web1 app=nginx msg="…"`, without absent fields. */
export function logfmt(options: FormatOptions): Format {
  const fields = options.fields ?? DEFAULT_FIELDS;
  const columns = fields.map((name) => {
    const key = options.fields ? name : (KEYS[name] ?? name);
    return [key.replace(/[\s"=]/g, '_'), cellReader(name, options)] as const;
  });
  return {
    row(message) {
      const pairs = columns.flatMap(([key, read]) => {
        const text = read(message);
        return text === undefined ? [] : [`${visible(key)}=${value(text)}`];
      });
      return `${pairs.join(' ')}\n`;
    },
  };
}

function value(text: string): string {
  if (/^[^\s"=\\\p{C}]+$/u.test(text)) return text;
  return `"${visible(text.replace(/["\\]/g, '\\$&').replaceAll('\t', '\\t'))}"`;
}
