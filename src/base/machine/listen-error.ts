import { CordwoodError, reasonOf, systemCode } from '../errors.ts';
import { formatHostPort } from '../ip.ts';
import type { HostPort } from '../schema.ts';

/** The error for an address that cannot be listened on, with the remedy; `cause` keeps the system's error. */
export function listenError(protocol: 'udp' | 'tcp', address: HostPort, cause: unknown): CordwoodError {
  const where = `${protocol} ${formatHostPort(address)}`;
  return new CordwoodError('ERR_LISTEN', `cannot listen on ${where}: ${reason(protocol, address, cause)}`, { cause });
}

/** Whether a `listenError` means that this machine lacks the address (or IPv6): other listeners can still serve. */
export function isAddressMissing(error: unknown): boolean {
  const code = systemCode(error instanceof Error ? error.cause : undefined);
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}

function reason(protocol: 'udp' | 'tcp', { host, port }: HostPort, cause: unknown): string {
  switch (systemCode(cause)) {
    case 'EADDRINUSE':
      return `another process uses the port (see \`ss -l${protocol[0]}np 'sport = :${port}'\`)`;
    case 'EACCES':
      return port < 1024
        ? `ports below 1024 need a privilege; give the service CAP_NET_BIND_SERVICE, or use a higher port, e.g. 5514`
        : `the system forbids it (${reasonOf(cause)})`;
    case 'EADDRNOTAVAIL':
      return `this machine does not have the address ${host} (see \`ip addr\`)`;
    case 'EAFNOSUPPORT':
      return 'this machine does not support IPv6; listen on an IPv4 address, e.g. 0.0.0.0';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name ${host} cannot be resolved; use an address, e.g. 0.0.0.0`;
    default:
      return reasonOf(cause);
  }
}
