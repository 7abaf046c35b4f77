import { bash } from './bash.ts';
import { fish } from './fish.ts';
import type { Shell } from './shell.ts';
import { zsh } from './zsh.ts';

/** Every shell whose completion can be printed. */
export const SHELLS: readonly Shell[] = [bash, zsh, fish];
