import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { endianness } from 'node:os';
import type { HostPort } from '../../base/schema.ts';

/**
 * Datagrams that the kernel dropped at the sockets bound to this address since they were opened, because their receive
 * buffer was full; undefined where the system does not tell (no Linux, or /proc hidden).
 */
export async function readKernelDrops(address: HostPort): Promise<number | undefined> {
  const table = isIPv6(address.host) ? '/proc/self/net/udp6' : '/proc/self/net/udp';
  try {
    return dropsIn(await readFile(table, 'utf8'), address);
  } catch {
    return undefined;
  }
}

/**
 * The sum of the column `drops` (the last one, proc_net_udp(5)) of the lines with this local address; undefined where
 * there is none.
 */
export function dropsIn(table: string, address: HostPort): number | undefined {
  const wanted = `${hexOf(address.host)}:${address.port.toString(16).toUpperCase().padStart(4, '0')}`;
  let drops: number | undefined;
  for (const line of table.split('\n')) {
    const columns = line.trim().split(/\s+/);
    if (columns[1] === wanted) drops = (drops ?? 0) + Number(columns.at(-1));
  }
  return drops;
}

/** An address as the kernel prints it: words of 32 bits, each in the machine's byte order. */
function hexOf(host: string): string {
  const bytes = isIPv6(host) ? bytesOfIPv6(host) : host.split('.').map(Number);
  const words: string[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const word = bytes.slice(at, at + 4).map((byte) => byte.toString(16).padStart(2, '0'));
    words.push((endianness() === 'LE' ? word.reverse() : word).join(''));
  }
  return words.join('').toUpperCase();
}

function bytesOfIPv6(host: string): number[] {
  const canonical = new URL(`http://[${host.replace(/%.*/, '')}]`).hostname.slice(1, -1);
  const [left = '', right] = canonical.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
}
