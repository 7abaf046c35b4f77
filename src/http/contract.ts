export { CONTROL_SOCKET, controlSocket, MAX_SOCKET_PATH } from './socket-path.ts';

import type { End, Problem } from '../ask/contract.ts';

/**
 * How a question of `ask/contract.ts` travels: `POST /<name>` with its parameters as JSON. The answer is NDJSON, one row
 * a line, and closes with an `EndRow`: an answer without one was cut short. A question that cannot be read is answered
 * 400 with a `Problem` as the body. A failure after the first row is an `ErrorRow`.
 */
export type EndRow = { readonly _end: End };
export type ErrorRow = { readonly _error: Problem };
/** The row of `POST /link`, which is no question: an address that logs in at the web page, once. */
export type LinkRow = { readonly link: string };
