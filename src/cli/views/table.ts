/** Rows with numbers to the right in the first column and texts to the left in the others. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, cells) => Math.max(most, cells[column]!.length), 0),
  );
  return rows
    .map((cells) => {
      const padded = cells.map((cell, column) =>
        column === 0 ? cell.padStart(widths[0]!) : cell.padEnd(widths[column]!),
      );
      return `${padded.join('  ').trimEnd()}\n`;
    })
    .join('');
}
