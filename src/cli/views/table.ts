import { visible } from '../io/escape.ts';
import { pad, widthOf } from './width.ts';

/**
 * Rows of cells as aligned columns, two blanks apart, one row a line, without a line end after the last. Cells are made
 * safe for a terminal and measured in its columns.
 * @param alignment a letter for each column, `l` for left and `r` for right; the last letter holds for all that follow
 */
export function table(rows: readonly (readonly string[])[], alignment: string): string {
  const shown = rows.map((cells) => cells.map(visible));
  const widths = (shown[0] ?? []).map((_, column) =>
    shown.reduce((most, cells) => Math.max(most, widthOf(cells[column]!)), 0),
  );
  const isRight = widths.map((_, column) => (alignment[column] ?? alignment.at(-1)) === 'r');
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => pad(cell, widths[column]!, isRight[column] ? 'left' : 'right')).join('  ');
  return shown.map((cells) => line(cells).trimEnd()).join('\n');
}
