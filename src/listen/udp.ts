import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { HostPort } from '../base/schema.ts';
import type { Listener } from './contract.ts';
import type { UdpSettings } from './settings.ts';
import type { ListenContext } from './shared/context.ts';
import { listenError } from '../base/machine/listen-error.ts';
import { readKernelDrops } from './udp/kernel-drops.ts';
import { UdpListener } from './udp/udp-listener.ts';

/** Listens for syslog over UDP (RFC 5426): one datagram is one message. @throws CordwoodError ERR_LISTEN */
export async function openUdp(settings: UdpSettings, context: ListenContext): Promise<Listener> {
  const inherited = context.inherited?.claim('udp', settings);
  const { address } = inherited ?? settings;
  // Read before the socket is bound: once it is, datagrams arrive and must be read without a pause.
  const drops = inherited ? await readKernelDrops(address) : undefined;
  const alreadyCounted = inherited && drops ? (context.drops?.counted(inherited.inode, drops) ?? drops) : 0;
  const socket = createSocket({ type: isIPv6(address.host) ? 'udp6' : 'udp4' });
  await bind(socket, address, inherited?.fd);
  return new UdpListener(socket, settings, { ...context, alreadyCounted, inode: inherited?.inode });
}

/** Binds the socket to `address`, or to the socket of `fd` if one is given. @throws CordwoodError ERR_LISTEN */
function bind(socket: Socket, address: HostPort, fd: number | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      socket.close();
      reject(listenError('udp', address, error));
    };
    socket.once('error', fail);
    socket.bind(fd === undefined ? { address: address.host, port: address.port } : { fd }, () => {
      socket.off('error', fail);
      resolve();
    });
  });
}
