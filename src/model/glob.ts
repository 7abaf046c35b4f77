/** Escapes the special characters of globs. */
export function escapeGlob(text: string): string {
  return text.replace(/[\\*?]/g, '\\$&');
}

/** A piece of a glob: any run of characters, any single one, or a text. */
export type GlobPiece =
  | { readonly kind: 'run' }
  | { readonly kind: 'any' }
  | { readonly kind: 'text'; readonly text: string };

/**
 * A test of whole, folded texts: `*` is any run of characters, `?` any single code point, `\` makes
 * the next one literal. Takes at most text length × glob length steps.
 */
export function globMatcher(glob: string): (folded: string) => boolean {
  const pieces = globPieces(glob);
  return (folded) => matchPieces(pieces, folded);
}

/** The texts between the wildcards of a glob: every matching value contains each of them. */
export function globTexts(glob: string): string[] {
  const texts = [''];
  for (const piece of globPieces(glob)) {
    if (piece.kind === 'text') texts[texts.length - 1] += piece.text;
    else texts.push('');
  }
  return texts.filter((text) => text !== '');
}

/** The pieces of a glob. */
export function globPieces(glob: string): GlobPiece[] {
  const pieces: GlobPiece[] = [];
  const characters = [...glob];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!;
    if (character === '*') pieces.push({ kind: 'run' });
    else if (character === '?') pieces.push({ kind: 'any' });
    else if (character === '\\' && i + 1 < characters.length) pieces.push({ kind: 'text', text: characters[++i]! });
    else pieces.push({ kind: 'text', text: character });
  }
  return pieces;
}

/** Backtracks only to the last `*`: the runs of earlier ones never need to change. */
function matchPieces(pieces: readonly GlobPiece[], text: string): boolean {
  let at = 0;
  let piece = 0;
  let retryPiece = -1;
  let retryAt = 0;
  while (at < text.length) {
    const current = pieces[piece];
    const width = text.codePointAt(at)! > 0xffff ? 2 : 1;
    if (current?.kind === 'run') {
      retryPiece = piece++;
      retryAt = at;
    } else if (current?.kind === 'any' || (current?.kind === 'text' && text.startsWith(current.text, at))) {
      at += current.kind === 'any' ? width : current.text.length;
      piece++;
    } else if (retryPiece >= 0) {
      retryAt += text.codePointAt(retryAt)! > 0xffff ? 2 : 1;
      at = retryAt;
      piece = retryPiece + 1;
    } else return false;
  }
  return pieces.slice(piece).every(({ kind }) => kind === 'run');
}
