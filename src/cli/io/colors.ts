import type { Environment } from '../../config/index.ts';

const RESET = '\x1b[0m';
/** As journalctl paints: err and worse red, warning yellow, notice bold, debug grey. */
const BY_SEVERITY: readonly string[] = [...Array<string>(4).fill('\x1b[1;31m'), '\x1b[33m', '\x1b[1m', '', '\x1b[90m'];
const DIM = '\x1b[2m';

/** Whether to paint; `choice` is `--color`, and NO_COLOR (https://no-color.org) speaks where it is `auto`. */
export function wantsColor(choice: string | undefined, env: Environment, isTerminal: boolean): boolean {
  if (choice === 'always') return true;
  if (choice === 'never' || env['NO_COLOR'] || env['TERM'] === 'dumb') return false;
  return isTerminal;
}

/** A text that holds no control characters, painted by severity. */
export function paint(text: string, severity: number): string {
  const color = BY_SEVERITY[severity];
  return color ? color + text + RESET : text;
}

export function dim(text: string): string {
  return DIM + text + RESET;
}
