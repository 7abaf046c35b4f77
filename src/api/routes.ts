import type { Route } from './route.ts';
import { ABOUT_ROUTES } from './routes/about.ts';
import { ALERT_ROUTES } from './routes/alerts.ts';
import { COUNT_ROUTES } from './routes/counts.ts';
import { HOST_ROUTES } from './routes/hosts.ts';
import { SINGLE_MESSAGE_ROUTES } from './routes/message.ts';
import { MESSAGE_ROUTES } from './routes/messages.ts';
import { QUESTION_ROUTES } from './routes/questions.ts';
import { SEARCH_ROUTES } from './routes/searches.ts';
import { SERVER_ROUTES } from './routes/server.ts';
import { SESSION_ROUTES } from './routes/session.ts';
import { STORAGE_ROUTES } from './routes/storage.ts';
import { TAIL_ROUTES } from './routes/tail.ts';

/**
 * The table of all routes. To add one, write it with `route({…})` in the file of `routes/` that it belongs to:
 *
 * - `method` and `path`: parameters of the path in braces, `/api/v1/hosts/{host}`;
 * - `access`: `everyone`, `login`, or the least role that may use it;
 * - `limited`: `within` if the answer comes from `asked.context.store` alone, which shows users with `only:` nothing but
 *   their messages; else `refused`;
 * - `params`: a strict object; of the path, the query string and the JSON body together;
 * - `answer`: the schema of the JSON answer; it is absent if the answer is empty, or a `Body` of one of the `types`;
 * - `handle`: gets the checked parameters, the caller and the context, and returns the answer. It throws `Refused`.
 *
 * The router, openapi.json, docs/rest.md (`node scripts/docs.ts`) and the tests of who may do what follow from it.
 * A new file of routes is added to this list.
 */
export const ROUTES: readonly Route[] = [
  ...MESSAGE_ROUTES,
  ...SINGLE_MESSAGE_ROUTES,
  ...TAIL_ROUTES,
  ...COUNT_ROUTES,
  ...STORAGE_ROUTES,
  ...HOST_ROUTES,
  ...ALERT_ROUTES,
  ...SEARCH_ROUTES,
  ...SERVER_ROUTES,
  ...SESSION_ROUTES,
  ...QUESTION_ROUTES,
  ...ABOUT_ROUTES,
];
