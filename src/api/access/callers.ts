import { isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { NetworkSet } from '../../base/ip.ts';
import type { Logger } from '../../base/log.ts';
import { parseQuery } from '../../query/index.ts';
import type { WebCounters } from '../counters.ts';
import { Refused } from '../problem.ts';
import type { WebSettings } from '../settings.ts';
import type { Caller } from './caller.ts';
import type { Cookies } from './cookies.ts';
import { Failures } from './failures.ts';
import type { Links } from './links.ts';
import { PasswordCheck } from './passwords.ts';
import { networksOf, Proxies, type ProxyUser } from './proxies.ts';
import type { SessionContent } from './sessions.ts';
import { isToken, tokenHash } from './tokens.ts';
import { markOf, type UsersFile } from './users.ts';
import { OPERATOR, type UserEntry } from './users-schema.ts';

export type CallersOptions = {
  readonly settings: Pick<WebSettings, 'proxies' | 'metrics'>;
  readonly cookies: Cookies;
  readonly users: UsersFile;
  readonly links: Links;
  readonly counters: WebCounters;
  readonly log: Logger;
  readonly now: () => number;
};

/** Finds out who makes a request, and logs users in. */
export class Callers {
  readonly #options: CallersOptions;
  readonly #proxies: Proxies;
  readonly #failures: Failures;
  readonly #passwords = new PasswordCheck();
  readonly #scrapers: NetworkSet;

  constructor(options: CallersOptions) {
    this.#options = options;
    this.#proxies = new Proxies(options.settings.proxies);
    this.#failures = new Failures(options.now);
    this.#scrapers = networksOf(options.settings.metrics?.from ?? []);
  }

  /**
   * Who asks; undefined if the request does not say so, or its session has ended.
   * @throws Refused if it says so wrongly: an unknown token, a header of a proxy that is none
   */
  identify(request: FastifyRequest, reply: FastifyReply): Caller | undefined {
    const proxied = this.#proxies.userOf(request.raw);
    // First: a proxy may pass on the header with which it was asked itself.
    if (proxied) return this.#byProxy(proxied, request, reply);
    if (request.headers.authorization !== undefined) return this.#byToken(request, request.headers.authorization);
    return this.#bySession(request, reply);
  }

  /** Who may read the metrics because of its address. */
  scraper(request: FastifyRequest): Caller | undefined {
    const address = this.#proxies.addressOf(request.raw);
    const isOne = isIP(address) !== 0 && this.#scrapers.has(address);
    return isOne ? { name: address, role: 'metrics', way: 'address' } : undefined;
  }

  /** Begins a session by a password. @throws Refused ERR_LOGIN, or ERR_BUSY after too many failures */
  async logIn(name: string, password: string, request: FastifyRequest, reply: FastifyReply): Promise<Caller> {
    const { users, counters, cookies } = this.#options;
    this.#refuseGuesses('login', request, name);
    if (this.#passwords.isBusy) throw busy('too many logins wait', 5);
    const address = this.#proxies.addressOf(request.raw);
    // Counted before it is known to fail: else all passwords that are sent at once would be checked.
    this.#failures.add('login', address, name);
    const entry = users.user(name);
    if (!(await this.#passwords.matches(password, entry?.password)) || !entry) {
      throw this.#refused(address, 'the name or the password is wrong', entry && name);
    }
    this.#failures.forgive('login', address, name);
    counters['logins.accepted'].add();
    cookies.begin(reply, { user: name, way: 'password', mark: markOf(entry) });
    return callerOf(name, entry, 'password', this.#options.now());
  }

  /** Begins a session of the operator by a link. @throws Refused as `logIn` */
  logInByLink(secret: string, request: FastifyRequest, reply: FastifyReply): Caller {
    const { links, counters, cookies } = this.#options;
    this.#refuseGuesses('login', request);
    if (!links.take(secret)) {
      throw this.#failed('login', request, 'the link is not valid, or was used already; `cordwood web` makes one');
    }
    counters['logins.accepted'].add();
    cookies.begin(reply, { user: OPERATOR, way: 'link', mark: '' });
    return { name: OPERATOR, role: 'admin', way: 'link' };
  }

  logOut(request: FastifyRequest, reply: FastifyReply): void {
    this.#options.cookies.end(request, reply);
  }

  #bySession(request: FastifyRequest, reply: FastifyReply): Caller | undefined {
    const content = this.#options.cookies.read(request);
    const caller = content && this.#ofSession(content);
    if (!content || !caller) return undefined;
    this.#options.cookies.renew(reply, content);
    return { ...caller, session: content.id };
  }

  #ofSession({ user, way, role, mark }: SessionContent): Caller | undefined {
    const { users, settings, now } = this.#options;
    if (way === 'link') return { name: user, role: 'admin', way };
    const entry = users.user(user);
    if (way === 'password') return entry && mark === markOf(entry) ? callerOf(user, entry, way, now()) : undefined;
    const said = entry ?? (role && { role });
    return said && mark === markOf([settings.proxies, said]) ? callerOf(user, said, way, now()) : undefined;
  }

  /** What the file says of a user counts more than what a proxy says of its groups. */
  #byProxy({ name, role }: ProxyUser, request: FastifyRequest, reply: FastifyReply): Caller {
    const { users, settings, cookies, now } = this.#options;
    const entry = users.user(name) ?? (role && { role });
    if (!entry) {
      const remedy = "add one of its groups to web: proxies: roles:, or '*'";
      throw new Refused('ERR_ROLE', `cannot answer ${JSON.stringify(name)}: none of its groups has a role; ${remedy}`);
    }
    // For event streams, which some proxies pass without their headers.
    const mark = markOf([settings.proxies, entry]);
    const session = cookies.read(request);
    if (session?.user === name && session.mark === mark) cookies.renew(reply, session);
    else cookies.begin(reply, { user: name, way: 'proxy', role: entry.role, mark });
    return callerOf(name, entry, 'proxy', now());
  }

  #byToken(request: FastifyRequest, header: string): Caller {
    const token = tokenIn(header);
    const found = isToken(token) ? this.#options.users.token(tokenHash(token)) : undefined;
    if (!found) {
      const reason = isToken(token)
        ? 'the token is not known'
        : 'it is not a token, or was mistyped: tokens begin with cw_';
      throw this.#failed('token', request, reason);
    }
    const [name, entry] = found;
    const now = this.#options.now();
    if (entry.expires !== undefined && entry.expires <= now) {
      throw this.#failed('token', request, `the token ${name} has expired; cordwood token add makes another`);
    }
    const address = this.#proxies.addressOf(request.raw);
    if (entry.from && !networksOf(entry.from).has(address)) {
      throw new Refused('ERR_ROLE', `cannot answer: the token ${name} is not for the address ${address}`);
    }
    return callerOf(name, entry, 'token', now);
  }

  #refuseGuesses(kind: 'login' | 'token', request: FastifyRequest, user?: string): void {
    const ms = this.#failures.waitMs(kind, this.#proxies.addressOf(request.raw), user);
    if (ms === 0) return;
    this.#options.counters['logins.limited'].add();
    throw busy('too many failed logins', Math.ceil(ms / 1000));
  }

  /** Counts a failure; after too many, it is refused without a word about the reason. */
  #failed(kind: 'login' | 'token', request: FastifyRequest, reason: string): Refused {
    this.#refuseGuesses(kind, request);
    const address = this.#proxies.addressOf(request.raw);
    this.#failures.add(kind, address);
    return this.#refused(address, reason);
  }

  #refused(address: string, reason: string, user?: string): Refused {
    const { counters, log } = this.#options;
    counters['logins.failed'].add();
    log.warn({ address, ...(user !== undefined && { user }) }, 'a login failed');
    return new Refused('ERR_LOGIN', `cannot log in: ${reason}`);
  }
}

/** The token in `Authorization: Bearer TOKEN`, or as the password of `Basic`; otherwise empty. */
function tokenIn(header: string): string {
  const [, scheme = '', value = ''] = /^(bearer|basic) +([^ ]+)$/i.exec(header) ?? [];
  if (scheme.toLowerCase() !== 'basic') return value;
  return Buffer.from(value, 'base64').toString().split(':').slice(1).join(':');
}

function callerOf(
  name: string,
  { role, only }: Pick<UserEntry, 'role' | 'only'>,
  way: Caller['way'],
  now: number,
): Caller {
  if (only === undefined) return { name, role, way };
  return { name, role, way, only: { query: only, filter: parseQuery(only, { now, zone: 'UTC' }) } };
}

function busy(reason: string, seconds: number): Refused {
  const headers = { 'retry-after': String(seconds) };
  return new Refused('ERR_BUSY', `cannot log in: ${reason}; try again in ${seconds} s`, { headers });
}
