import { type Piece, pieces } from './pieces.ts';

/** Fills an element with a text of a message. This is the only way from a text of others into the page. */
export function showText(element: Element, text: string, marks?: RegExp): void {
  const parts = pieces(text, marks);
  const [first] = parts;
  if (parts.length === 1 && first && !hasLook(first)) element.textContent = first.text;
  else element.replaceChildren(...parts.map(nodeOf));
}

function nodeOf(piece: Piece): Node {
  if (!hasLook(piece)) return document.createTextNode(piece.text);
  const element = document.createElement(piece.isMatch ? 'mark' : 'span');
  const classes = [piece.isEscape ? 'escape' : '', piece.colour ?? ''].filter(Boolean).join(' ');
  if (classes) element.className = classes;
  element.textContent = piece.text;
  return element;
}

function hasLook({ isEscape, isMatch, colour }: Piece): boolean {
  return isEscape === true || isMatch === true || colour !== undefined;
}
