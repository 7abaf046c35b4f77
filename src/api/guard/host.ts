import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { unmapIPv4 } from '../../base/ip.ts';
import type { WebSettings } from '../settings.ts';

/**
 * Whether a request names this server. A web site can have its own name resolve to our address and read the answers as
 * its own (DNS rebinding); its requests then carry that name.
 */
export class HostCheck {
  readonly #names: ReadonlySet<string>;
  readonly #certificate: () => X509Certificate | undefined;

  constructor(
    settings: Pick<WebSettings, 'hosts' | 'url' | 'address'>,
    certificate: () => X509Certificate | undefined,
  ) {
    const { hosts, url, address } = settings;
    const named = isIP(address.host) ? [] : [address.host];
    this.#names = new Set(['localhost', ...hosts, ...named, ...(url ? [new URL(url).hostname] : [])]);
    this.#certificate = certificate;
  }

  /** @param host the header, `name` or `name:port` @param localAddress the address that the client has connected to */
  isOwn(host: string | undefined, localAddress: string): boolean {
    const name = hostName(host);
    if (name === undefined) return false;
    if (isIP(name))
      return name === unmapIPv4(localAddress) || name === '::1' || name.startsWith('127.') || this.#certifies(name);
    return this.#names.has(name) || this.#certifies(name);
  }

  #certifies(name: string): boolean {
    const certificate = this.#certificate();
    if (!certificate) return false;
    return (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined;
  }
}

/** The name or address in a `Host` header, lower case, without the port; undefined if the header is absent. */
function hostName(host: string | undefined): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host ?? '') ?? [];
  return (bracketed ?? plain)?.toLowerCase().replace(/\.$/, '');
}
