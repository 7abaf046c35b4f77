import { isIPv4 } from 'node:net';
import { addressBytes } from '../../src/base/ip.ts';

type Peer = { readonly ip: string; readonly port: number };

/** A header of the PROXY protocol, version 1. */
export function v1({ ip, port }: Peer): Buffer {
  const [family, to] = isIPv4(ip) ? ['TCP4', '192.0.2.1'] : ['TCP6', '2001:db8::1'];
  return Buffer.from(`PROXY ${family} ${ip} ${to} ${port} 5514\r\n`);
}

/** The same, version 2. @param tlvs what follows the addresses */
export function v2({ ip, port }: Peer, tlvs: Uint8Array = Buffer.alloc(0)): Buffer {
  const from = mappedBytes(ip);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(port);
  ports.writeUInt16BE(5514, 2);
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n\x21\x00\x00\x00', 'latin1');
  head[13] = from.length === 4 ? 0x11 : 0x21;
  head.writeUInt16BE(2 * from.length + ports.length + tlvs.length, 14);
  return Buffer.concat([head, Buffer.from(from), Buffer.alloc(from.length, 1), ports, tlvs]);
}

function mappedBytes(ip: string): number[] {
  const mapped = /^::ffff:(\d.*)$/.exec(ip)?.[1];
  return mapped === undefined ? addressBytes(ip) : [...Array<number>(10).fill(0), 255, 255, ...addressBytes(mapped)];
}
