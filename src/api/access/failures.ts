import { networkOf } from '../../base/ip.ts';
import { RecentMap } from '../../base/recent-map.ts';
import { MINUTE } from '../../base/units.ts';

/** Failed logins a minute after which further ones are refused unread. */
const OF_ADDRESS = 5;
const OF_USER = 10;
/** Addresses and users that are remembered. */
const REMEMBERED = 20_000;

type Failed = { count: number; until: number };

/** A program with a stale token must not keep people behind the same address from logging in. */
type Kind = 'login' | 'token';

/** Failed logins of the last minute, and those under way, by address and by user. */
export class Failures {
  readonly #now: () => number;
  readonly #addresses = new RecentMap<Failed>(REMEMBERED, () => ({ count: 0, until: 0 }));
  readonly #users = new RecentMap<Failed>(REMEMBERED, () => ({ count: 0, until: 0 }));

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * ms until the address may log in as the user again; 0 if it may now. Names of users that do not exist count as well:
   * the answer must not tell them apart.
   */
  waitMs(kind: Kind, address: string, user?: string): number {
    const ofAddress = this.#left(this.#addresses.get(`${kind} ${networkOf(address)}`), OF_ADDRESS);
    // An address that has to wait must not push users out of the map by naming many.
    if (ofAddress > 0 || user === undefined) return ofAddress;
    return this.#left(this.#users.get(user), OF_USER);
  }

  add(kind: Kind, address: string, user?: string): void {
    this.#count(this.#addresses.get(`${kind} ${networkOf(address)}`));
    if (user !== undefined) this.#count(this.#users.get(user));
  }

  /** Takes one back that `add` has counted before its password was checked. */
  forgive(kind: Kind, address: string, user: string): void {
    for (const failed of [this.#addresses.get(`${kind} ${networkOf(address)}`), this.#users.get(user)]) {
      failed.count = Math.max(0, failed.count - 1);
    }
  }

  #count(failed: Failed): void {
    if (failed.until <= this.#now()) failed.count = 0;
    failed.count++;
    failed.until = this.#now() + MINUTE;
  }

  #left({ count, until }: Failed, most: number): number {
    return count < most ? 0 : Math.max(0, until - this.#now());
  }
}
