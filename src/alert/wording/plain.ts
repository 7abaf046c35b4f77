import { escaped, unsafeTextWriter } from '../../base/text/unsafe-text.ts';

const escapeUnsafe = unsafeTextWriter({ lineFeed: 'kept', write: escaped });

/** Text of a log on one line of a mail: unsafe and invisible characters are written out. */
export function plain(text: string): string {
  return escapeUnsafe(text.replace(/\r?\n/g, '\\n').replace(/\t/g, ' '));
}
