import { isIPv4, isIPv6 } from 'node:net';
import { canonicalAddress, unmapIPv4 } from '../../base/ip.ts';

/** Longest header of version 1, bytes with its CR LF: section 2.1 of the protocol. */
const MAX_V1_BYTES = 107;
/** Longest header of version 2, bytes with its TLVs: what fits into the first segment of any TCP connection. */
const MAX_V2_BYTES = 536;
/** How a header of version 2 begins: section 2.2. */
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** Signature, version and command, family and protocol, length of the rest. */
const V2_HEAD_BYTES = 16;
const V1_START = Buffer.from('PROXY ', 'latin1');
const V1_LINE = /^PROXY (?:(UNKNOWN)(?: [^\r\n]*)?|(TCP[46]) ([\da-fA-F.:]+) ([\da-fA-F.:]+) (\d{1,5}) (\d{1,5}))\r\n$/;
const LOCAL = 0x20;
const PROXY = 0x21;
/** Families with a stream: unspecified, IPv4, IPv6, unix; with the bytes of their addresses. */
const ADDRESS_BYTES: ReadonlyMap<number, number> = new Map([
  [0x00, 0],
  [0x11, 12],
  [0x21, 36],
  [0x31, 216],
]);

/** What the bytes of a connection say so far. `source` is absent if the balancer speaks for itself. */
export type ProxyHeader =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'invalid'; readonly reason: string }
  | {
      readonly kind: 'complete';
      readonly bytes: number;
      readonly source?: { readonly ip: string; readonly port: number };
    };

const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };

/**
 * Reads the header of the PROXY protocol, version 1 or 2, that a load balancer puts before the bytes of a connection
 * (haproxy's doc/proxy-protocol.txt). Total: any bytes give one of the three results, after 536 bytes never `incomplete`.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (isPrefix(bytes, V1_START)) return readVersion1(bytes);
  if (isPrefix(bytes, SIGNATURE)) return readVersion2(bytes);
  return invalid('it sent no PROXY header; set send-proxy-v2 at the balancer, or remove its address from proxy');
}

function readVersion1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, MAX_V1_BYTES).indexOf('\n') + 1;
  if (end === 0) return bytes.length < MAX_V1_BYTES ? INCOMPLETE : invalid('its PROXY header has more than 107 bytes');
  const [match, unknown, family, ip = '', to = '', port, toPort] = V1_LINE.exec(bytes.toString('latin1', 0, end)) ?? [];
  if (match === undefined) return malformed(1);
  if (unknown !== undefined) return { kind: 'complete', bytes: end };
  const isAddress = family === 'TCP4' ? isIPv4 : isIPv6;
  if (!isAddress(ip) || !isAddress(to) || !isPort(port!) || !isPort(toPort!)) return malformed(1);
  return { kind: 'complete', bytes: end, source: sourceOf(ip, Number(port)) };
}

function readVersion2(bytes: Buffer): ProxyHeader {
  if (bytes.length < V2_HEAD_BYTES) return INCOMPLETE;
  const [command, family] = [bytes[12]!, bytes[13]!];
  const rest = bytes.readUInt16BE(14);
  const total = V2_HEAD_BYTES + rest;
  if (total > MAX_V2_BYTES) return invalid('its PROXY header has more than 536 bytes; send fewer TLVs');
  if (command !== LOCAL && command !== PROXY) return malformed(2);
  const needed = ADDRESS_BYTES.get(family);
  if (command === PROXY && (needed === undefined || needed > rest)) return malformed(2);
  if (bytes.length < total) return INCOMPLETE;
  if (command === LOCAL || (family !== 0x11 && family !== 0x21)) return { kind: 'complete', bytes: total };
  const isIPv4Pair = family === 0x11;
  const ip = isIPv4Pair ? [...bytes.subarray(16, 20)].join('.') : groupsOf(bytes.subarray(16, 32));
  return { kind: 'complete', bytes: total, source: sourceOf(ip, bytes.readUInt16BE(isIPv4Pair ? 24 : 48)) };
}

function groupsOf(bytes: Buffer): string {
  return Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(':');
}

/** As the address of a peer of a socket would be written. */
function sourceOf(ip: string, port: number): { ip: string; port: number } {
  const canonical = canonicalAddress(ip);
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(canonical);
  if (!mapped) return { ip: unmapIPv4(canonical), port };
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
  return { ip: [high >> 8, high & 255, low >> 8, low & 255].join('.'), port };
}

function isPrefix(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d*)$/.test(text) && Number(text) <= 65_535;
}

function malformed(version: 1 | 2): ProxyHeader {
  return invalid(`its PROXY header breaks the rules of version ${version}`);
}

function invalid(reason: string): ProxyHeader {
  return { kind: 'invalid', reason };
}
