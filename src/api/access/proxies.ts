import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { NetworkSet, parseNetwork, unmapIPv4 } from '../../base/ip.ts';
import { Refused } from '../problem.ts';
import { isRepeated } from './repeated.ts';
import type { Role, WebSettings } from '../settings.ts';
import { includes } from './caller.ts';

type Settings = NonNullable<WebSettings['proxies']>;

/** What a trusted proxy says of a request. */
export type ProxyUser = { readonly name: string; readonly role: Role | undefined };

/** The proxies that may say who asks. Their headers from anyone else are refused, so that an open way past them is noticed. */
export class Proxies {
  readonly #settings: Settings | undefined;
  readonly #from: NetworkSet;

  constructor(settings: Settings | undefined) {
    this.#settings = settings;
    this.#from = networksOf(settings?.from ?? []);
  }

  /** The address of the client: that of the connection, or what a proxy says in front of it. */
  addressOf({ socket, headers }: IncomingMessage): string {
    const peer = unmapIPv4(socket.remoteAddress ?? '');
    if (!this.#isProxy(peer)) return peer;
    const named = String(headers['x-forwarded-for'] ?? '')
      .split(',')
      .at(-1)!
      .trim();
    return isIP(named) ? unmapIPv4(named) : peer;
  }

  /** The user that a proxy names; undefined if it names none. @throws Refused ERR_ORIGIN if it is no proxy that does */
  userOf(request: IncomingMessage): ProxyUser | undefined {
    if (!this.#settings) return undefined;
    const { socket, headers } = request;
    const { user, groups, roles } = this.#settings;
    const name = textOf(headers[user.toLowerCase()]);
    const named = textOf(headers[groups.toLowerCase()]);
    if (name === '' && named === '') return undefined;
    const peer = unmapIPv4(socket.remoteAddress ?? '');
    if (!this.#isProxy(peer)) {
      const remedy = 'list the address under web: proxies: from:, or remove the header';
      throw new Refused(
        'ERR_ORIGIN',
        `cannot answer: ${peer} sends ${user} or ${groups} and is not a proxy; ${remedy}`,
      );
    }
    const twice = [user, groups].find((header) => isRepeated(request, header.toLowerCase()));
    if (twice !== undefined) {
      const remedy = 'let the proxy remove the one that its client sends';
      throw new Refused('ERR_ORIGIN', `cannot answer: the header ${twice} was sent more than once; ${remedy}`);
    }
    if (name === '') return undefined;
    return { name, role: roleOf(named, roles) };
  }

  #isProxy(address: string): boolean {
    return isIP(address) !== 0 && this.#from.has(address);
  }
}

export function networksOf(networks: readonly string[]): NetworkSet {
  return new NetworkSet(networks.map((network) => parseNetwork(network)!));
}

/** The highest role of the groups; '*' if none has one. */
function roleOf(groups: string, roles: Settings['roles']): Role | undefined {
  const found = groups
    .split(',')
    .map((group) => group.trim())
    .flatMap((group) => (Object.hasOwn(roles, group) && group !== '*' ? [roles[group]!] : []));
  const highest = found.reduce<Role | undefined>((best, one) => (best && includes(best, one) ? best : one), undefined);
  return highest ?? roles['*'];
}

function textOf(header: string | string[] | undefined): string {
  return String(header ?? '').trim();
}
