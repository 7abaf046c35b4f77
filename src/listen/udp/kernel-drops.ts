import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import type { HostPort } from '../../base/schema.ts';
import { formatProcAddress, LOCAL_ADDRESS, rowsOf } from '../shared/proc-net.ts';

/**
 * Datagrams that the kernel has dropped since the sockets bound to this address were opened, because their receive
 * buffer was full. Undefined if the system does not report it (not Linux, or /proc hidden).
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
 * The sum of the column `drops` (the last one, proc_net_udp(5)) over the rows with this local address; undefined if
 * there are none.
 */
export function dropsIn(table: string, address: HostPort): number | undefined {
  const wanted = formatProcAddress(address);
  let drops: number | undefined;
  for (const columns of rowsOf(table)) {
    if (columns[LOCAL_ADDRESS] === wanted) drops = (drops ?? 0) + Number(columns.at(-1));
  }
  return drops;
}
