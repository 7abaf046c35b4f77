import { BlockList, isIPv6 } from 'node:net';

/** Whether an address may send, by the networks of a listener's `allow`. */
export class AllowedNetworks {
  readonly #list = new BlockList();
  /** The address that was asked for last: most come in runs. */
  #last = '';
  #lastAllowed = false;

  /** @param networks as `cidr()` gives them: `10.0.0.0/8`, `2001:db8::/32` */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address, prefix] = network.split('/') as [string, string];
      this.#list.addSubnet(address, Number(prefix), familyOf(address));
    }
  }

  /** @param address as `normalAddress` writes it: an IPv4 peer of an IPv6 socket is judged as IPv4 */
  has(address: string): boolean {
    if (address !== this.#last) {
      this.#last = address;
      this.#lastAllowed = this.#list.check(address.replace(/%.*/, ''), familyOf(address));
    }
    return this.#lastAllowed;
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
