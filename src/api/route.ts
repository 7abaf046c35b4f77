import type { z } from '../base/schema.ts';
import type { Role } from './settings.ts';
import type { Asked } from './world.ts';

/** Who may use a route: everyone, every login, or a role and those above it. */
type Access = 'everyone' | 'login' | Role;

/**
 * A route: one entry of the table in `routes.ts`. From it are made the router, openapi.json, docs/rest.md and the tests
 * of who may do what.
 */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With parameters in braces: `/api/v1/hosts/{host}`. */
  readonly path: string;
  readonly access: Access;
  /**
   * What users get who see only some messages (`only:`): `within` if the answer comes from the store alone, which is
   * limited to their messages; `refused` if it shows more than messages.
   */
  readonly limited: 'within' | 'refused';
  /** A sentence without its full stop, for the documentation. */
  readonly about: string;
  /** Parameters of path, query string and JSON body together. */
  readonly params: z.ZodObject;
  /** The schema of the JSON answer; absent if the answer is empty (204) or not JSON. */
  readonly answer?: z.ZodType | undefined;
  /** Media types that the answer can have beside `application/json`; the first one is used if the client names none. */
  readonly types?: readonly string[] | undefined;
  /** Whether the same question may be asked by POST, with its parameters as JSON. */
  readonly alsoPost?: true | undefined;
  /** Whether it searches: a user has only a few such requests at work, and the others wait. */
  readonly searches?: true | undefined;
  /** @returns what is sent as JSON, a `Body`, undefined (204), or `SENT` if it has answered by itself */
  readonly handle: (asked: Asked<never>) => unknown;
};

/** GET, and POST if the question may be asked so. */
export function methodsOf({ method, alsoPost }: Route): Route['method'][] {
  return alsoPost ? [method, 'POST'] : [method];
}

/** The path as the HTTP library writes it: `/api/v1/hosts/:host`. */
export function urlOf({ path }: Route): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** A route whose handler gets the parameters of its schema. */
export function route<Params extends z.ZodObject>(
  definition: Omit<Route, 'params' | 'handle'> & {
    readonly params: Params;
    readonly handle: (asked: Asked<z.output<Params>>) => unknown;
  },
): Route {
  return definition as Route;
}

/** An answer that is not JSON. */
export class Body {
  readonly type: string;
  readonly data: string | Buffer;
  readonly headers: Readonly<Record<string, string>>;

  constructor(type: string, data: string | Buffer, headers: Readonly<Record<string, string>> = {}) {
    this.type = type;
    this.data = data;
    this.headers = headers;
  }
}

/** The handler has taken over the socket (`reply.hijack()`) and answers by itself. */
export const SENT = Symbol('sent');
