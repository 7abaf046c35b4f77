import { CordwoodError, reasonOf } from '../base/errors.ts';
import { problemOf } from '../ask/index.ts';

/** The codes of problems, with their status and a title: the kinds of `/problems/<kind>`. */
export const PROBLEMS = {
  ERR_QUERY: { status: 400, kind: 'query', title: 'the query cannot be read' },
  ERR_USAGE: { status: 400, kind: 'usage', title: 'the request cannot be understood' },
  ERR_LOGIN: { status: 401, kind: 'login', title: 'a login is needed' },
  ERR_ROLE: { status: 403, kind: 'role', title: 'this login may not do that' },
  ERR_ORIGIN: { status: 403, kind: 'origin', title: 'the request comes from elsewhere' },
  ERR_NOT_FOUND: { status: 404, kind: 'not-found', title: 'there is no such thing here' },
  ERR_METHOD: { status: 405, kind: 'method', title: 'this address takes other methods' },
  ERR_CONFLICT: { status: 409, kind: 'conflict', title: 'it was changed meanwhile, or exists already' },
  ERR_PRECONDITION: { status: 412, kind: 'precondition', title: 'it was changed since it was read' },
  ERR_GONE: { status: 410, kind: 'gone', title: 'retention has removed it' },
  ERR_TOO_LARGE: { status: 413, kind: 'too-large', title: 'the answer or the request is too large' },
  ERR_TYPE: { status: 415, kind: 'type', title: 'a body must be JSON' },
  ERR_HOST: { status: 421, kind: 'host', title: 'this server has another name' },
  ERR_BUSY: { status: 429, kind: 'busy', title: 'too many requests at once' },
  ERR_STORE: { status: 503, kind: 'store', title: 'the store does not answer' },
  ERR_INTERNAL: { status: 500, kind: 'internal', title: 'the server has failed' },
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

/** The media type of RFC 9457. */
export const PROBLEM_TYPE = 'application/problem+json';
/** Seconds after which it is worth to ask again. */
const RETRY_S: { readonly [Code in ProblemCode]?: number } = { ERR_BUSY: 5, ERR_STORE: 5 };

/** A request that is refused. Its message reads "cannot <verb> <thing>: <reason>; <remedy>". */
export class Refused extends Error {
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, unknown>>;

  /** @param options.members are added to the problem */
  constructor(
    code: ProblemCode,
    message: string,
    options: { headers?: Readonly<Record<string, string>>; members?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message);
    this.code = code;
    this.headers = options.headers ?? {};
    this.members = options.members ?? {};
  }
}

/** A problem as it is sent: RFC 9457, with our code, and of a query its text and the column (0-based, UTF-16 units). */
export type ProblemAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
};

/** The problem for an error. What the server did not expect is not shown: `isInternal` has it logged instead. */
export function problemAnswer(error: unknown): ProblemAnswer & { readonly isInternal: boolean } {
  const { code, detail, members, headers } = read(error);
  const { status, kind, title } = PROBLEMS[code];
  const retry = RETRY_S[code];
  return {
    status,
    headers: {
      ...(retry !== undefined && { 'retry-after': String(retry) }),
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      ...headers,
    },
    body: { type: `/problems/${kind}`, title, status, detail, code, ...members },
    isInternal: code === 'ERR_INTERNAL',
  };
}

type Reading = Pick<ProblemAnswer, 'headers'> & {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly members: Readonly<Record<string, unknown>>;
};

function read(error: unknown): Reading {
  if (error instanceof Refused) {
    const { code, message, members, headers } = error;
    return { code, detail: message, members, headers };
  }
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  if (typeof status === 'number' && status < 500) return ofFramework(status, reasonOf(error));
  if (error instanceof CordwoodError && error.code === 'ERR_UNREACHABLE') {
    return { code: 'ERR_STORE', detail: error.message, members: {}, headers: {} };
  }
  if (!(error instanceof CordwoodError) || !Object.hasOwn(PROBLEMS, error.code)) {
    return { code: 'ERR_INTERNAL', detail: 'the log of the server has the reason', members: {}, headers: {} };
  }
  const { message, code: _code, ...place } = problemOf(error);
  return { code: error.code as ProblemCode, detail: message, members: place, headers: {} };
}

/** A refusal of the HTTP library: a body that is not JSON, or is too large. */
function ofFramework(status: number, reason: string): Reading {
  const code = status === 413 ? 'ERR_TOO_LARGE' : status === 415 ? 'ERR_TYPE' : 'ERR_USAGE';
  return { code, detail: `cannot read the request: ${reason}`, members: {}, headers: {} };
}
