import { CordwoodError } from '../../base/errors.ts';

/** Exit codes. A closed pipe (`| head`) is `ok`. */
export const EXIT = {
  ok: 0,
  /** No match, with `-g` or `--exit-code`. */
  noMatch: 1,
  usage: 2,
  /** Part of the window is missing, with `--strict`. */
  uncovered: 3,
  /** The server or its data cannot be read. */
  unreachable: 4,
  timeout: 124,
  interrupted: 130,
} as const;

/** The exit code for an error. */
export function exitCodeOf(error: unknown): number {
  const code = error instanceof CordwoodError ? error.code : undefined;
  return code === 'ERR_USAGE' || code === 'ERR_QUERY' || code === 'ERR_CONFIG' ? EXIT.usage : EXIT.unreachable;
}

/** For the help of commands that ask about hosts, alerts and the like. */
export const EXIT_HELP =
  'Exit codes: 0 success; 2 the command line or the configuration is invalid; 4 the server or its data cannot be read; ' +
  '130 Ctrl-C.';

/** For the help of commands that search. */
export const SEARCH_EXIT_HELP =
  'Exit codes: 0 success, even if nothing was found; 1 nothing was found, with -g or --exit-code; 2 the command line, ' +
  'the query or the configuration is invalid; 3 part of the window is missing, with --strict; ' +
  '4 the server or its data cannot be read; 124 --timeout expired; 130 Ctrl-C.';

export function usageError(message: string): CordwoodError {
  return new CordwoodError('ERR_USAGE', message);
}
