import { isIPv6 } from 'node:net';
import { endianness } from 'node:os';
import { addressBytes, canonicalAddress } from '../../base/ip.ts';
import type { HostPort } from '../../base/schema.ts';

/** The rows of a table of /proc/net, each as its columns; see proc_net_tcp(5), proc_net_udp(5). */
export function rowsOf(table: string): string[][] {
  return table.split('\n').map((line) => line.trim().split(/\s+/));
}

/** The column of the local address. */
export const LOCAL_ADDRESS = 1;
export const INODE = 9;

/** An address and port as the kernel prints them: 32-bit words in hexadecimal, each in the machine's byte order. */
export function formatProcAddress({ host, port }: HostPort): string {
  const hex = inHostOrder(Buffer.from(addressBytes(host))).toString('hex');
  return `${hex}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}

/** Reads what `formatProcAddress` writes. */
export function parseProcAddress(text: string): HostPort {
  const [host = '', port = ''] = text.split(':');
  const bytes = inHostOrder(Buffer.from(host, 'hex'));
  const address = bytes.length === 4 ? bytes.join('.') : bytes.toString('hex').replace(/(.{4})(?=.)/g, '$1:');
  return { host: isIPv6(address) ? canonicalAddress(address) : address, port: Number.parseInt(port, 16) };
}

function inHostOrder(bytes: Buffer): Buffer {
  return endianness() === 'LE' ? bytes.swap32() : bytes;
}
