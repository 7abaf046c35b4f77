import { readFileSync, readlinkSync } from 'node:fs';
import { endianness } from 'node:os';
import { formatHostPort, type HostPort } from '../base/schema.ts';

/** Descriptors before it are stdin, stdout and stderr: sd_listen_fds(3). */
const FIRST = 3;
const TABLES = { udp: ['udp', 'udp6'], tcp: ['tcp', 'tcp6'] } as const;

export type SocketProtocol = keyof typeof TABLES;

/** A socket that the service manager opened and keeps open while we restart. */
export type InheritedSocket = {
  readonly fd: number;
  /** `FileDescriptorName=` of its unit, which several may share. */
  readonly name: string;
  /** Absent where it is no socket of UDP or TCP, and nobody can take it. */
  readonly bound?: Bound;
};
type Bound = { readonly protocol: SocketProtocol; readonly address: HostPort; readonly inode: string };

/** Who may take a socket: the one whose name or address it has. */
export type Claimant = { readonly name: string; readonly address: HostPort };

/** What a listener takes: `bind({fd})` or `listen({fd})` makes it its own. */
type Taken = { readonly fd: number; readonly address: HostPort; readonly inode: string };
type Fitting = InheritedSocket & { readonly bound: Bound };

/** The sockets handed over to this process, each for one listener. */
export class InheritedSockets {
  readonly #left: InheritedSocket[];
  readonly #taken = new Set<string>();

  constructor(sockets: readonly InheritedSocket[]) {
    this.#left = [...sockets];
  }

  /** Those of LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES; none where these are meant for another process. */
  static fromEnvironment(env: Readonly<Record<string, string | undefined>>, pid = process.pid): InheritedSockets {
    if (env['LISTEN_PID'] !== String(pid)) return new InheritedSockets([]);
    const names = (env['LISTEN_FDNAMES'] ?? '').split(':');
    const count = Number(env['LISTEN_FDS'] ?? 0);
    return new InheritedSockets(
      Array.from({ length: count }, (_, index) => {
        const fd = FIRST + index;
        const bound = boundOf(fd);
        return { fd, name: names[index] ?? '', ...(bound && { bound }) };
      }),
    );
  }

  /** The socket for this listener: of its name, else of its address; undefined where it opens its own. */
  take(protocol: SocketProtocol, { name, address }: Claimant): Taken | undefined {
    const fitting = this.#left.filter((socket): socket is Fitting => socket.bound?.protocol === protocol);
    const here = ({ bound }: Fitting): boolean => canonical(bound.address) === canonical(address);
    const named = fitting.filter((socket) => socket.name === name);
    const chosen = named.find(here) ?? named[0] ?? fitting.find(here);
    if (!chosen) return undefined;
    this.#left.splice(this.#left.indexOf(chosen), 1);
    this.#taken.add(name);
    const { address: place, inode } = chosen.bound;
    return { fd: chosen.fd, address: place, inode };
  }

  /** Whether the listener of this name serves a socket that it cannot open again by itself. */
  has(name: string): boolean {
    return this.#taken.has(name);
  }

  /** What nobody has taken, for people: `udp [::]:514 (cordwood.socket)`. */
  get left(): string[] {
    return this.#left.map(({ fd, name, bound }) => {
      const what = bound ? `${bound.protocol} ${formatHostPort(bound.address)}` : `descriptor ${fd}`;
      return name === '' ? what : `${what} (${name})`;
    });
  }
}

/** What the kernel's tables say of a descriptor: proc_net_tcp(5), proc_net_udp(5). */
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
    // No such descriptor, or no Linux: then it is nobody's.
  }
  return undefined;
}

function tableText(name: string): string {
  try {
    return readFileSync(`/proc/self/net/${name}`, 'utf8');
  } catch {
    return ''; // No IPv6.
  }
}

/** The local address of the socket with this inode, the tenth column. */
function addressIn(table: string, inode: string): HostPort | undefined {
  for (const line of table.split('\n')) {
    const columns = line.trim().split(/\s+/);
    if (columns[9] !== inode) continue;
    const [host = '', port = ''] = columns[1]!.split(':');
    return { host: hostOf(host), port: Number.parseInt(port, 16) };
  }
  return undefined;
}

/** An address of words of 32 bits in hexadecimal, each in the machine's byte order. */
function hostOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  if (bytes.length === 4) return bytes.join('.');
  return canonicalIPv6(bytes.toString('hex').replace(/(.{4})(?=.)/g, '$1:'));
}

function canonical({ host, port }: HostPort): string {
  return formatHostPort({ host: host.includes(':') && !host.includes('%') ? canonicalIPv6(host) : host, port });
}

/** One spelling for each address: `0:0::1` is `::1`. */
function canonicalIPv6(host: string): string {
  return new URL(`http://[${host}]`).hostname.slice(1, -1);
}
