import { signal } from '@preact/signals';
import type { Message } from '../api/answers.ts';

/** The message in the details; undefined if they are closed, or while it is asked for. */
export const current = signal<Message | undefined>(undefined);
