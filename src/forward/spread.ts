import { formatHostPort } from '../base/ip.ts';
import type { HostPort } from '../base/schema.ts';
import { sequenceOf } from '../model/id.ts';
import type { LogMessage } from '../model/message.ts';
import type { ForwardSettings } from './registry.ts';

/** With `turn`, so many messages in a row go to one address, so that lines of one event stay together. */
const ROW = 64;

/** A share of the messages, which goes to one address, and in its absence to those after it. */
export type Share = {
  /** The key of its cursor in the state. */
  readonly key: string;
  /** What is added to the name of the forward in `from`. */
  readonly suffix: string;
  readonly order: readonly HostPort[];
  readonly isOurs: (message: LogMessage) => boolean;
};

/**
 * The shares of an entry of `forward:`. With `first`, one share has everything. Otherwise each
 * address has one, whose lines come in ascending order under a `from` of their own, whatever address
 * takes them: so a receiver that takes over for another one confuses neither's order.
 */
export function sharesOf({ name, to, spread }: Pick<ForwardSettings, 'name' | 'to' | 'spread'>): Share[] {
  if (spread === 'first' || to.length === 1) return [{ key: name, suffix: '', order: to, isOurs: () => true }];
  const addresses = to.map(formatHostPort);
  const list = hash(addresses.join(' ')).toString(36);
  return to.map((_, index) => {
    const isOurs = (message: LogMessage): boolean =>
      (spread === 'host'
        ? placeOf(message.hostname ?? '', addresses)
        : Math.floor(sequenceOf(message._id) / ROW) % to.length) === index;
    const order = [...to.slice(index), ...to.slice(0, index)];
    // With another list of addresses, hosts move from share to share: those begin again, as others.
    return { key: `${name}/${list}.${index}`, suffix: `~${list}.${index}`, order, isOurs };
  });
}

/** Rendezvous hashing: if an address is added or removed, only the hosts move that must. */
function placeOf(host: string, addresses: readonly string[]): number {
  let best = 0;
  let highest = -1;
  for (const [index, address] of addresses.entries()) {
    const score = hash(`${host} ${address}`);
    if (score > highest) {
      highest = score;
      best = index;
    }
  }
  return best;
}

/** FNV-1a with a last mixing step, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  return (value ^ (value >>> 16)) >>> 0;
}
