import { styleText } from 'node:util';
import type { Environment } from '../../config/index.ts';

type Style = Parameters<typeof styleText>[0];

/** By severity, as journalctl does it: err and worse red, warning yellow, notice bold, info plain, debug grey. */
const RED: Style = ['bold', 'red'];
const BY_SEVERITY = [RED, RED, RED, RED, 'yellow', 'bold', [], 'gray'].map((style) => painter(style as Style));

/** Whether to use colours. `choice` is `--color`; if it is `auto`, NO_COLOR (https://no-color.org) counts. */
export function wantsColor(choice: string | undefined, env: Environment, isTerminal: boolean): boolean {
  if (choice === 'always') return true;
  if (choice === 'never' || env['NO_COLOR'] || env['TERM'] === 'dumb') return false;
  return isTerminal;
}

/** The text in the colour of a severity. It must not contain control characters. */
export function paint(text: string, severity: number): string {
  return BY_SEVERITY[severity]?.(text) ?? text;
}

export const dim = painter('dim');

/** Asks for the codes once: a search paints every line. */
function painter(style: Style): (text: string) => string {
  // `wantsColor` has decided: Node must not decide again by its own stdout and environment.
  const [on = '', off = ''] = styleText(style, '|', { validateStream: false }).split('|');
  return (text) => on + text + off;
}
