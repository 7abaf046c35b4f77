import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from './caller.ts';
import type { SessionContent, Sessions } from './sessions.ts';

/** The user of a link: whoever may use the unix socket may do everything. */
const OPERATOR = 'operator';

export type CallersOptions = {
  readonly sessions: Sessions;
  /** Whether browsers reach us over TLS, directly or through a proxy. */
  readonly isSecure: boolean;
  /** Tells apart the cookies of several servers on one machine: cookies know no ports. */
  readonly port: () => number;
};

/** Finds out who makes a request. */
export class Callers {
  readonly #options: CallersOptions;

  constructor(options: CallersOptions) {
    this.#options = options;
  }

  get #cookie(): string {
    return this.#options.isSecure ? '__Host-cordwood' : `cordwood-${this.#options.port()}`;
  }

  /** Who asks; undefined if the request does not say so, or its session has ended. */
  identify(request: FastifyRequest, reply: FastifyReply): Caller | undefined {
    const cookie = request.cookies[this.#cookie];
    const content = cookie === undefined ? undefined : this.#options.sessions.read(cookie);
    const caller = content && this.#ofSession(content);
    const renewed = caller && this.#options.sessions.renew(content!);
    if (renewed !== undefined) this.#setCookie(reply, renewed);
    return caller;
  }

  /** Begins a session for the user of a link. */
  logInByLink(reply: FastifyReply): Caller {
    const content = { user: OPERATOR, way: 'link', mark: '' } as const;
    this.#setCookie(reply, this.#options.sessions.begin(content));
    return { name: OPERATOR, role: 'admin', way: 'link' };
  }

  /** Ends the session of the browser. */
  logOut(reply: FastifyReply): void {
    const { isSecure } = this.#options;
    reply.clearCookie(this.#cookie, { path: '/', httpOnly: true, sameSite: 'strict', secure: isSecure });
  }

  #ofSession({ user, way }: SessionContent): Caller | undefined {
    return way === 'link' ? { name: user, role: 'admin', way } : undefined;
  }

  #setCookie(reply: FastifyReply, value: string): void {
    const { isSecure } = this.#options;
    reply.setCookie(this.#cookie, value, { path: '/', httpOnly: true, sameSite: 'strict', secure: isSecure });
  }
}
