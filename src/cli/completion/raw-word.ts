/**
 * The text of a word as it stands on a command line: without quotes and backslashes, with the home folder in place of
 * `~` and `$HOME`. Nothing is run. A quote that is still open is taken as closed.
 * @returns undefined if only the shell could tell: it has other variables, or commands
 */
export function textOfWord(raw: string, home: string | undefined): string | undefined {
  const [, begin = ''] = /^(~(?=\/|$)|"?\$(?:HOME\b|\{HOME\}))/.exec(raw) ?? [];
  if (begin !== '' && home === undefined) return undefined;
  const rest = plain(raw.slice(begin.length), begin.startsWith('"') ? '"' : '');
  return rest === undefined || begin === '' ? rest : `${home}${rest}`;
}

/** @param quote the quote that is open at the start */
function plain(raw: string, quote: string): string | undefined {
  let text = '';
  let open = quote;
  for (let at = 0; at < raw.length; at++) {
    const character = raw[at]!;
    if (character === open) open = '';
    else if (open === "'") text += character;
    else if (character === '$' || character === '`') return undefined;
    else if (character === '\\') text += raw[++at] ?? '';
    else if (open === '' && (character === '"' || character === "'")) open = character;
    else text += character;
  }
  return text;
}
