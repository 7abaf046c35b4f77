import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { reasonOf } from '../base/errors.ts';
import { formatHostPort, type HostPort } from '../base/schema.ts';
import { formatBytes } from '../base/units.ts';
import { listenError, normalAddress } from './address.ts';
import { AllowedNetworks } from './allowed.ts';
import type { Admission, ListenContext, Listener, ListenerStats } from './contract.ts';
import { type CounterName, countersOf, type ListenerCounters } from './counters.ts';
import { DatagramBatch } from './udp/datagram-batch.ts';
import { drained } from './drain.ts';
import { readKernelDrops } from './udp/kernel-drops.ts';
import { PeerSessions } from './udp/peer-sessions.ts';
import type { UdpSettings } from './settings.ts';
import { ThrottledWarnings } from '../base/throttled-warnings.ts';
import { TokenBuckets } from './token-buckets.ts';

/** So much may wait for its fsync; a disk that falls further behind costs datagrams, not memory. */
const WINDOW = 64 << 20;
/** libuv reads so many datagrams of a socket in one turn of the event loop, then looks after the others. */
const FULL_TURN = 32;
/** A batch that waits for no further turn: some milliseconds of a busy line. */
const LARGE_BATCH = 512;
const KERNEL_DROPS_MS = 5000;
const LF = 0x0a;
const NUL = 0x00;

/** Listens for syslog over UDP (RFC 5426): one datagram is one message. @throws CordwoodError ERR_LISTEN */
export async function openUdp(settings: UdpSettings, context: ListenContext): Promise<Listener> {
  const inherited = context.inherited?.take('udp', settings);
  const { address } = inherited ?? settings;
  // Asked before the socket is ours: from then on, datagrams must find somebody who takes them.
  const dropped = inherited ? await readKernelDrops(address) : undefined;
  const droppedBefore = inherited && dropped ? (context.drops?.counted(inherited.inode, dropped) ?? dropped) : 0;
  const socket = createSocket({ type: isIPv6(address.host) ? 'udp6' : 'udp4' });
  await bound(socket, address, inherited?.fd);
  return new UdpListener(socket, settings, { ...context, droppedBefore, inode: inherited?.inode });
}

/** Resolves when the socket is bound, that of `fd` where it is given. @throws CordwoodError ERR_LISTEN */
function bound(socket: Socket, address: HostPort, fd: number | undefined): Promise<void> {
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

type UdpContext = ListenContext & {
  /** What of the kernel's count was counted before. */
  readonly droppedBefore: number;
  /** Of an inherited socket. */
  readonly inode: string | undefined;
};

class UdpListener implements Listener {
  readonly kind = 'udp';
  readonly name: string;
  readonly address: string;
  readonly #bound: HostPort;
  readonly #socket: Socket;
  readonly #context: UdpContext;
  /** What of the kernel's count is not of this socket's time in our hands. */
  readonly #droppedBefore: number;
  readonly #counters: ListenerCounters;
  readonly #warnings: ThrottledWarnings;
  #allowed: AllowedNetworks | undefined;
  #buckets: TokenBuckets | undefined;
  readonly #max: number;
  readonly #receiveBuffer: number;
  readonly #batch = new DatagramBatch();
  readonly #sessions: PeerSessions;
  readonly #poll: NodeJS.Timeout;
  /** Datagrams that came, whatever became of them. */
  #received = 0;
  #waiting = 0;
  #scheduled = false;
  /** Datagrams that the batch had when the turn began. */
  #countBefore = 0;
  #settled: (() => void) | undefined;

  constructor(socket: Socket, settings: UdpSettings, context: UdpContext) {
    const log = context.log.child({ listener: settings.name });
    this.name = settings.name;
    const { address, port } = socket.address();
    this.#bound = { host: address, port };
    this.address = formatHostPort(this.#bound);
    this.#socket = socket;
    this.#context = context;
    this.#counters = countersOf(context.counters, settings.name);
    // A listener that was closed and opened again counts on.
    this.#droppedBefore = context.droppedBefore - this.#counters['dropped.kernel'].value;
    this.#warnings = new ThrottledWarnings(log);
    this.#allowed = settings.allow && new AllowedNetworks(settings.allow);
    this.#buckets = settings.rate && new TokenBuckets(settings.rate);
    this.#max = settings.max_frame;
    this.#receiveBuffer = growReceiveBuffer(socket, settings.receive_buffer);
    if (this.#receiveBuffer < settings.receive_buffer) {
      log.warn(
        { asked: settings.receive_buffer, given: this.#receiveBuffer },
        smallBuffer(this.#receiveBuffer, settings),
      );
    }
    this.#sessions = new PeerSessions(this.#openSession, this.#closeSessions);
    socket.on('message', this.#onMessage);
    socket.on('error', (error) => this.#warnings.warn(`cannot receive: ${error.message}`));
    this.#poll = setInterval(() => void this.#countKernelDrops(), KERNEL_DROPS_MS).unref();
  }

  stats(): ListenerStats {
    const { name, kind, address } = this;
    const kernelDrops = this.#counters['dropped.kernel'].value;
    return { name, kind, address, receiveBuffer: this.#receiveBuffer, kernelDrops };
  }

  async reload({ allow, rate }: Admission): Promise<void> {
    this.#allowed = allow && new AllowedNetworks(allow);
    this.#buckets = rate && new TokenBuckets(rate);
  }

  async close(signal: AbortSignal = new AbortController().signal): Promise<void> {
    clearInterval(this.#poll);
    await drained(() => this.#received, signal);
    await this.#countKernelDrops();
    this.#socket.off('message', this.#onMessage);
    this.#flush();
    await new Promise<void>((resolve) => this.#socket.close(resolve));
    await this.#durable(signal);
    this.#sessions.clear();
  }

  /** Resolves when nothing waits for its fsync any more, or the signal is aborted. */
  #durable(signal: AbortSignal): Promise<void> {
    if (this.#waiting === 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#settled = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  readonly #onMessage = (datagram: Buffer, peer: RemoteInfo): void => {
    this.#received++;
    if (this.#allowed && !this.#allowed.has(normalAddress(peer.address))) {
      this.#counters['dropped.not_allowed'].add();
      this.#warnings.warn('datagrams dropped: their address is not in allow', { peer: peer.address });
      return;
    }
    const original = lengthOf(datagram);
    if (original === 0) {
      this.#counters['dropped.empty'].add();
      return;
    }
    let length = original;
    if (length > this.#max) {
      length = this.#max;
      this.#counters.truncated.add();
    }
    if (this.#buckets && !this.#buckets.of(peer.address).tryTake()) {
      this.#counters['received.frames'].add();
      this.#counters['received.bytes'].add(length);
      this.#drop('dropped.rate', 'their address sent more than rate allows', 1);
      return;
    }
    const session = this.#sessions.of(peer.address, peer.port);
    if (!this.#batch.fits(length)) this.#flush();
    this.#batch.add(datagram, length, original, session);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#flushTurn);
  };

  /** Hands over what came; after a full turn more lies ready, and larger entries cost less. */
  readonly #flushTurn = (): void => {
    const { count } = this.#batch.frames;
    if (count - this.#countBefore >= FULL_TURN && count < LARGE_BATCH) {
      this.#countBefore = count;
      setImmediate(this.#flushTurn);
      return;
    }
    this.#scheduled = false;
    this.#flush();
  };

  /** Hands over what was gathered; drops it, counted, where the spool is full or too far behind. */
  #flush(): void {
    const { frames, bytes } = this.#batch;
    const { count } = frames;
    if (count === 0) return;
    this.#counters['received.frames'].add(count);
    this.#counters['received.bytes'].add(bytes);
    if (this.#waiting + bytes > WINDOW) this.#drop('dropped.window', 'the disk is too slow', count);
    else this.#append(count, bytes);
    this.#batch.clear();
    this.#countBefore = 0;
  }

  #append(count: number, bytes: number): void {
    const { frames } = this.#batch;
    const parts = [this.#batch.payload()];
    const durable = this.#context.spool.append({ session: 0, frames, parts, acknowledged: false });
    if (!durable) {
      this.#drop('dropped.spool_full', 'the spool is full', count);
      return;
    }
    this.#waiting += bytes;
    durable.then(
      () => this.#release(bytes),
      (error: unknown) => {
        this.#drop('dropped.spool_failed', `the spool lost what it had taken (${String(error)})`, count);
        this.#release(bytes);
      },
    );
  }

  #release(bytes: number): void {
    this.#waiting -= bytes;
    if (this.#waiting === 0) this.#settled?.();
  }

  #drop(reason: Extract<CounterName, `dropped.${string}`>, text: string, count: number): void {
    this.#counters[reason].add(count);
    this.#warnings.warn(`datagrams dropped: ${text}`, { counter: reason }, count);
  }

  readonly #openSession = (address: string, port: number): number => {
    const { spool } = this.#context;
    return spool.openSession({ ip: normalAddress(address), port, transport: 'udp', listener: this.name });
  };

  readonly #closeSessions = (sessions: Iterable<number>): void => {
    this.#flush();
    for (const session of sessions) this.#context.spool.closeSession(session, true);
  };

  #noteDrops(all: number): void {
    const { drops, inode } = this.#context;
    if (!drops || inode === undefined) return;
    try {
      drops.note(inode, all);
    } catch (error) {
      this.#warnings.warn(`cannot keep the count of dropped datagrams for the next start: ${reasonOf(error)}`);
    }
  }

  async #countKernelDrops(): Promise<void> {
    const all = await readKernelDrops(this.#bound);
    const counter = this.#counters['dropped.kernel'];
    if (all === undefined || all - this.#droppedBefore === counter.value) return;
    this.#noteDrops(all);
    const drops = all - this.#droppedBefore;
    const more = drops - counter.value;
    counter.set(drops);
    this.#warnings.warn(
      'datagrams dropped by the kernel: the receive buffer was full',
      { address: this.address },
      more,
    );
  }
}

/** Length without one LF or NUL at the end, which some senders leave there. */
function lengthOf(datagram: Buffer): number {
  const last = datagram[datagram.length - 1];
  return last === LF || last === NUL ? datagram.length - 1 : datagram.length;
}

/** @returns bytes that the kernel really gave */
function growReceiveBuffer(socket: Socket, bytes: number): number {
  socket.setRecvBufferSize(bytes);
  const given = socket.getRecvBufferSize();
  return process.platform === 'linux' ? given / 2 : given;
}

function smallBuffer(given: number, { receive_buffer }: UdpSettings): string {
  const remedy = `sysctl -w net.core.rmem_max=${receive_buffer}`;
  return `the kernel gave a receive buffer of ${formatBytes(given)}: bursts may be lost; remedy: ${remedy}`;
}
