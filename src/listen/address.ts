import { CordwoodError, reasonOf, systemCode } from '../base/errors.ts';
import { formatHostPort, type HostPort } from '../base/schema.ts';

/** An address as rules and messages know it: an IPv4 peer of an IPv6 socket is written as IPv4. */
export function normalAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** The error of an address that cannot be listened on, with what to do about it; `cause` keeps the system's code. */
export function listenError(protocol: 'udp' | 'tcp', address: HostPort, cause: unknown): CordwoodError {
  const place = `${protocol} ${formatHostPort(address)}`;
  return new CordwoodError('ERR_LISTEN', `cannot listen on ${place}: ${reason(protocol, address, cause)}`, { cause });
}

function reason(protocol: 'udp' | 'tcp', { host, port }: HostPort, cause: unknown): string {
  switch (systemCode(cause)) {
    case 'EADDRINUSE':
      return `another process holds the port (see \`ss -l${protocol[0]}np 'sport = :${port}'\`)`;
    case 'EACCES':
      return port < 1024
        ? `ports below 1024 need a privilege; give the service CAP_NET_BIND_SERVICE, or take a higher port, e.g. 5514`
        : `the system forbids it (${reasonOf(cause)})`;
    case 'EADDRNOTAVAIL':
      return `this machine has no address ${host} (see \`ip addr\`)`;
    case 'EAFNOSUPPORT':
      return 'this machine has no IPv6; listen on an IPv4 address, e.g. 0.0.0.0';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `no host is called ${host}; use an address, e.g. 0.0.0.0`;
    default:
      return reasonOf(cause);
  }
}
