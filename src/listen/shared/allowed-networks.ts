import { NetworkSet, parseNetwork } from '../../base/ip.ts';

/** Decides whether an address may send, by the networks of a listener's `allow`. */
export class AllowedNetworks {
  readonly #networks: NetworkSet;
  /** The last answer: datagrams of one address mostly come in runs. */
  #last = '';
  #lastAllowed = false;

  /** @param networks as `cidr()` writes them: `10.0.0.0/8`, `2001:db8::/32` */
  constructor(networks: readonly string[]) {
    this.#networks = new NetworkSet(networks.map((network) => parseNetwork(network)!));
  }

  /** @param address an IPv4 peer of an IPv6 socket must be written as IPv4, see `unmapIPv4` */
  has(address: string): boolean {
    if (address !== this.#last) {
      this.#last = address;
      this.#lastAllowed = this.#networks.has(address);
    }
    return this.#lastAllowed;
  }
}
