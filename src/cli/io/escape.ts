import { escaped, unsafeTextWriter } from '../../base/text/unsafe-text.ts';

/** The text with `\n`, `\x1b`, `\u202e` written out, so that nothing in it acts on a terminal or hides. */
export const visible = unsafeTextWriter({ lineFeed: 'unsafe', write: shortEscape });

/** The same JSON with `\u` escapes for characters that would act on a terminal or hide. */
export const visibleJson = unsafeTextWriter({ lineFeed: 'unsafe', write: escaped });

function shortEscape(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  return character < '\x80' ? `\\x${escaped(character).slice(-2)}` : escaped(character);
}
