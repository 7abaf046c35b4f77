import { signal } from '@preact/signals';
import type { LineList } from '../list/list.ts';

/** The list on the screen, for keys and buttons that act on it. */
export const theList = signal<LineList | undefined>(undefined);
