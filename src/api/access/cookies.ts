import type { FastifyReply, FastifyRequest } from 'fastify';
import type { NewSession, SessionContent, Sessions } from './sessions.ts';

export type CookiesOptions = {
  readonly sessions: Sessions;
  /** Whether browsers reach us over TLS, directly or through a proxy. */
  readonly isSecure: boolean;
  /** Tells apart the cookies of several servers on one machine: cookies know no ports. */
  readonly port: () => number;
};

/** The cookie that carries a session. */
export class Cookies {
  readonly #options: CookiesOptions;

  constructor(options: CookiesOptions) {
    this.#options = options;
  }

  /** The session of a browser; undefined if it has none, or one that is over. */
  read(request: FastifyRequest): SessionContent | undefined {
    const value = request.cookies[this.#name];
    return value === undefined ? undefined : this.#options.sessions.read(value);
  }

  begin(reply: FastifyReply, content: NewSession): void {
    this.#set(reply, this.#options.sessions.begin(content));
  }

  /** Writes the session again, if it is old enough. */
  renew(reply: FastifyReply, content: SessionContent): void {
    const value = this.#options.sessions.renew(content);
    if (value !== undefined) this.#set(reply, value);
  }

  /** Ends the session, and removes the cookie from the browser. */
  end(request: FastifyRequest, reply: FastifyReply): void {
    const session = this.read(request);
    if (session) this.#options.sessions.end(session);
    reply.clearCookie(this.#name, this.#attributes);
  }

  get #name(): string {
    return this.#options.isSecure ? '__Host-cordwood' : `cordwood-${this.#options.port()}`;
  }

  get #attributes() {
    return { path: '/', httpOnly: true, sameSite: 'strict', secure: this.#options.isSecure } as const;
  }

  #set(reply: FastifyReply, value: string): void {
    reply.setCookie(this.#name, value, this.#attributes);
  }
}
