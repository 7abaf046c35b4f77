import { change, view } from './view.ts';

/** Moves a column by one place. */
export function moveColumn(index: number, step: -1 | 1): void {
  const columns = [...view.value.columns];
  const [moved] = columns.splice(index, 1);
  columns.splice(index + step, 0, moved!);
  change({ columns });
}

/** Adds a column before the message, or removes it. */
export function toggleColumn(name: string): void {
  const columns = view.value.columns.filter((column) => column !== name);
  if (columns.length === view.value.columns.length) {
    const place = columns.indexOf('message');
    columns.splice(place < 0 ? columns.length : place, 0, name);
  }
  change({ columns });
}
