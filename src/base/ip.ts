import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * Writes an IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) as IPv4 and returns any other address
 * unchanged. A dual-stack socket reports its IPv4 peers as mapped addresses; rules and messages
 * know them as IPv4.
 */
export function unmapIPv4(address: string): string {
  if (!address.includes('.') || !address.includes(':')) return address;
  // The kernel's spelling, checked first because this runs for each datagram.
  if (address.startsWith('::ffff:')) return address.slice(7);
  const dotted = /^(?:0*:)*:?ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return dotted !== undefined && isIP(dotted) === 4 ? dotted : address;
}

/**
 * The canonical spelling of an address (RFC 5952): `0:0::1` becomes `::1`. IPv4 and anything with a
 * zone id is unchanged.
 */
export function canonicalAddress(address: string): string {
  return isIPv6(address) && !address.includes('%') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

/**
 * The 4 or 16 bytes of an address, in network order; a zone id (`%eth0`) is ignored. @throws
 * RangeError if it is not one
 */
export function addressBytes(address: string): number[] {
  const plain = address.replace(/%.*/, '');
  const family = isIP(plain);
  if (family === 0) throw new RangeError(`${address} is not an IP address`);
  if (family === 4) return plain.split('.').map(Number);
  const [left = '', right] = canonicalAddress(plain).split('::');
  const groups = (text: string | undefined) => (text ? text.split(':').map((group) => Number.parseInt(group, 16)) : []);
  const [head, tail] = [groups(left), groups(right)];
  const all = [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return all.flatMap((group) => [group >> 8, group & 255]);
}

/** What one sender usually has to itself: an address of IPv4, of IPv6 a network of 64 bits. */
export function networkOf(address: string): string {
  return isIPv6(address) ? addressBytes(address).slice(0, 8).join('.') : address;
}

/** A network: one of its addresses, as it was written, and the length of its prefix in bits. */
export type Network = { readonly address: string; readonly prefix: number; readonly family: 4 | 6 };

/** The number of bits in an address. */
export function addressBits(family: number): number {
  return family === 4 ? 32 : 128;
}

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; undefined if the text is neither. */
export function parseNetwork(text: string): Network | undefined {
  const [, address = '', digits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  if ((family !== 4 && family !== 6) || address.includes('%')) return undefined;
  const bits = addressBits(family);
  const prefix = digits === undefined ? bits : Number(digits);
  return prefix <= bits ? { address, prefix, family } : undefined;
}

/**
 * An IPv4-mapped IPv6 network as IPv4, any other unchanged; undefined if it holds more than mapped
 * addresses.
 */
export function unmapNetwork(network: Network): Network | undefined {
  const address = unmapIPv4(network.address);
  if (address === network.address) return network;
  const prefix = network.prefix - 96;
  return prefix < 0 ? undefined : { address, prefix, family: 4 };
}

/** A set of networks that an address may lie in. */
export class NetworkSet {
  readonly #list = new BlockList();

  constructor(networks: Iterable<Network>) {
    for (const { address, prefix, family } of networks)
      this.#list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  }

  /** @param address an IPv4 peer must be written as IPv4, see `unmapIPv4`; a zone id is ignored */
  has(address: string): boolean {
    const plain = address.replace(/%.*/, '');
    return this.#list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  }
}

/** Writes an address and port as a configuration has it; an IPv6 address in brackets. */
export function formatHostPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
