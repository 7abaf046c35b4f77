import { readFileSync, readlinkSync } from 'node:fs';
import { canonicalAddress, formatHostPort } from '../../base/ip.ts';
import type { HostPort } from '../../base/schema.ts';
import { INODE, LOCAL_ADDRESS, parseProcAddress, rowsOf } from './proc-net.ts';

/** The first inherited descriptor; those below are stdin, stdout and stderr: sd_listen_fds(3). */
const FIRST_DESCRIPTOR = 3;
const TABLES = { udp: ['udp', 'udp6'], tcp: ['tcp', 'tcp6'] } as const;

export type SocketProtocol = keyof typeof TABLES;

/** A socket that the service manager opened and keeps open while this server restarts. */
export type InheritedSocket = {
  readonly fd: number;
  /** `FileDescriptorName=` of its unit; several sockets may share one. */
  readonly name: string;
  /** Absent if it is not a UDP or TCP socket; no listener can take it then. */
  readonly bound?: Bound;
};
type Bound = { readonly protocol: SocketProtocol; readonly address: HostPort; readonly inode: string };

/** The listener that wants a socket: it gets one that has its name or its address. */
export type Claimant = { readonly name: string; readonly address: HostPort };

/** A socket for a listener; `bind({fd})` or `listen({fd})` adopts it. */
type ClaimedSocket = { readonly fd: number; readonly address: HostPort; readonly inode: string };
type BoundSocket = InheritedSocket & { readonly bound: Bound };

/** The sockets that were handed to this process, each for one listener. */
export class InheritedSockets {
  readonly #unclaimed: InheritedSocket[];
  readonly #claimants = new Set<string>();

  constructor(sockets: readonly InheritedSocket[]) {
    this.#unclaimed = [...sockets];
  }

  /** The sockets of LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES; none if these are meant for another process. */
  static fromEnvironment(env: Readonly<Record<string, string | undefined>>, pid = process.pid): InheritedSockets {
    if (env['LISTEN_PID'] !== String(pid)) return new InheritedSockets([]);
    const names = (env['LISTEN_FDNAMES'] ?? '').split(':');
    const count = Number(env['LISTEN_FDS'] ?? 0);
    return new InheritedSockets(
      Array.from({ length: count }, (_, index) => {
        const fd = FIRST_DESCRIPTOR + index;
        const bound = boundOf(fd);
        return { fd, name: names[index] ?? '', ...(bound && { bound }) };
      }),
    );
  }

  /** Takes the socket with the listener's name, else the one with its address; undefined if it must open its own. */
  claim(protocol: SocketProtocol, { name, address }: Claimant): ClaimedSocket | undefined {
    const candidates = this.#unclaimed.filter((socket): socket is BoundSocket => socket.bound?.protocol === protocol);
    const hasAddress = ({ bound }: BoundSocket): boolean => canonical(bound.address) === canonical(address);
    const named = candidates.filter((socket) => socket.name === name);
    const chosen = named.find(hasAddress) ?? named[0] ?? candidates.find(hasAddress);
    if (!chosen) return undefined;
    this.#unclaimed.splice(this.#unclaimed.indexOf(chosen), 1);
    this.#claimants.add(name);
    return { fd: chosen.fd, address: chosen.bound.address, inode: chosen.bound.inode };
  }

  /** Whether the listener of this name uses an inherited socket, which it could not open again by itself. */
  has(name: string): boolean {
    return this.#claimants.has(name);
  }

  /** The sockets that no listener has claimed, as text: `udp [::]:514 (cordwood.socket)`. */
  get unclaimed(): string[] {
    return this.#unclaimed.map(({ fd, name, bound }) => {
      const socket = bound ? `${bound.protocol} ${formatHostPort(bound.address)}` : `descriptor ${fd}`;
      return name === '' ? socket : `${socket} (${name})`;
    });
  }
}

/** What the kernel's tables report of a descriptor: proc_net_tcp(5), proc_net_udp(5). */
function boundOf(fd: number): Bound | undefined {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
    for (const protocol of ['udp', 'tcp'] as const) {
      for (const table of TABLES[protocol]) {
        const address = inode && addressIn(tableText(table), inode);
        if (inode && address) return { protocol, address, inode };
      }
    }
  } catch {
    // No such descriptor, or not Linux: no listener can take it then.
  }
  return undefined;
}

function tableText(name: string): string {
  try {
    return readFileSync(`/proc/self/net/${name}`, 'utf8');
  } catch {
    return ''; // This machine has no IPv6.
  }
}

/** The local address of the socket with this inode. */
function addressIn(table: string, inode: string): HostPort | undefined {
  const row = rowsOf(table).find((columns) => columns[INODE] === inode);
  return row && parseProcAddress(row[LOCAL_ADDRESS]!);
}

function canonical({ host, port }: HostPort): string {
  return formatHostPort({ host: canonicalAddress(host), port });
}
