import type { RemoteInfo, Socket } from 'node:dgram';
import { neverAborted } from '../../base/abort.ts';
import { reasonOf } from '../../base/errors.ts';
import { unmapIPv4, formatHostPort } from '../../base/ip.ts';
import type { Logger } from '../../base/log.ts';
import { ThrottledWarnings } from '../../base/throttled-warnings.ts';
import { formatBytes } from '../../base/units.ts';
import type { Admission, Listener, ListenerStats } from '../contract.ts';
import type { UdpSettings } from '../settings.ts';
import { AllowedNetworks } from '../shared/allowed-networks.ts';
import type { ListenContext } from '../shared/context.ts';
import { type CounterName, countersOf, type ListenerCounters } from '../shared/counters.ts';
import { untilQuiet } from '../shared/quiet.ts';
import { TokenBuckets } from '../shared/token-buckets.ts';
import { DatagramBatch } from './datagram-batch.ts';
import { KernelDropCounter } from './kernel-drop-counter.ts';
import { PeerSessions } from './peer-sessions.ts';

/** Bytes that may wait to become durable. If the disk falls further behind, datagrams are dropped to bound memory. */
const MAX_UNSAVED_BYTES = 64 << 20;
/** Datagrams that libuv reads from a socket in one turn of the event loop before it serves other sockets. */
const DATAGRAMS_PER_TURN = 32;
/** A batch of this size is handed over at once: it holds some milliseconds of a busy line. */
const LARGE_BATCH = 512;
const LF = 0x0a;
const NUL = 0x00;

export type UdpContext = ListenContext & {
  /** Kernel drops of an inherited socket that an earlier run has counted. */
  readonly alreadyCounted: number;
  /** Of an inherited socket. */
  readonly inode: string | undefined;
};

/** Receives datagrams on a bound socket and hands them to the spool in batches. */
export class UdpListener implements Listener {
  readonly kind = 'udp';
  readonly name: string;
  readonly address: string;
  readonly #socket: Socket;
  readonly #context: UdpContext;
  readonly #counters: ListenerCounters;
  readonly #warnings: ThrottledWarnings;
  #allowed: AllowedNetworks | undefined;
  #buckets: TokenBuckets | undefined;
  readonly #maxFrame: number;
  readonly #receiveBuffer: number;
  readonly #batch = new DatagramBatch();
  readonly #sessions: PeerSessions;
  readonly #kernelDrops: KernelDropCounter;
  /** Datagrams received, including those that were dropped. */
  #received = 0;
  /** Bytes handed to the spool that are not yet durable. */
  #unsavedBytes = 0;
  #flushScheduled = false;
  /** Size of the batch when the current turn of the event loop began. */
  #countBefore = 0;
  #onAllDurable: (() => void) | undefined;

  constructor(socket: Socket, settings: UdpSettings, context: UdpContext) {
    const log = context.log.child({ listener: settings.name });
    this.name = settings.name;
    const { address: host, port } = socket.address();
    this.address = formatHostPort({ host, port });
    this.#socket = socket;
    this.#context = context;
    this.#counters = countersOf(context.counters, settings.name);
    this.#warnings = new ThrottledWarnings(log);
    this.#allowed = settings.allow && new AllowedNetworks(settings.allow);
    this.#buckets = settings.rate && new TokenBuckets(settings.rate);
    this.#maxFrame = settings.max_frame;
    this.#receiveBuffer = growReceiveBuffer(socket, settings, log);
    this.#sessions = new PeerSessions(this.#openSession, this.#closeSessions);
    this.#kernelDrops = new KernelDropCounter({
      address: { host, port },
      counter: this.#counters['dropped.kernel'],
      warnings: this.#warnings,
      alreadyCounted: context.alreadyCounted,
      inode: context.inode,
      ledger: context.drops,
    });
    socket.on('message', this.#onMessage);
    socket.on('error', (error) => this.#warnings.warn(`cannot receive: ${error.message}`));
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

  async close(signal: AbortSignal = neverAborted()): Promise<void> {
    this.#kernelDrops[Symbol.dispose]();
    await untilQuiet(() => this.#received, signal);
    await this.#kernelDrops.update();
    this.#socket.off('message', this.#onMessage);
    this.#flush();
    await new Promise<void>((resolve) => this.#socket.close(resolve));
    await this.#allDurable(signal);
    this.#sessions.clear();
  }

  /** Resolves when everything handed to the spool is durable, or the signal is aborted. */
  #allDurable(signal: AbortSignal): Promise<void> {
    if (this.#unsavedBytes === 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onAllDurable = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  readonly #onMessage = (datagram: Buffer, peer: RemoteInfo): void => {
    this.#received++;
    if (this.#allowed && !this.#allowed.has(unmapIPv4(peer.address))) {
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
    if (length > this.#maxFrame) {
      length = this.#maxFrame;
      this.#counters.truncated.add();
    }
    if (this.#buckets && !this.#buckets.of(peer.address).tryTake()) {
      this.#counters['received.frames'].add();
      this.#counters['received.bytes'].add(length);
      this.#drop('dropped.rate', 'their address exceeded rate', 1);
      return;
    }
    const session = this.#sessions.of(peer.address, peer.port);
    if (!this.#batch.fits(length)) this.#flush();
    this.#batch.add(datagram, length, original, session);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(this.#flushAfterTurn);
  };

  /** Hands over the batch. After a full turn more datagrams are ready: it waits for them, since larger entries cost less. */
  readonly #flushAfterTurn = (): void => {
    const { count } = this.#batch.frames;
    if (count - this.#countBefore >= DATAGRAMS_PER_TURN && count < LARGE_BATCH) {
      this.#countBefore = count;
      setImmediate(this.#flushAfterTurn);
      return;
    }
    this.#flushScheduled = false;
    this.#flush();
  };

  /** Hands over the batch, or drops it and counts the drops if the spool is full or too far behind. */
  #flush(): void {
    const { frames, bytes } = this.#batch;
    const { count } = frames;
    if (count === 0) return;
    this.#counters['received.frames'].add(count);
    this.#counters['received.bytes'].add(bytes);
    if (this.#unsavedBytes + bytes > MAX_UNSAVED_BYTES) this.#drop('dropped.window', 'the disk is too slow', count);
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
    this.#unsavedBytes += bytes;
    durable.then(
      () => this.#release(bytes),
      (error: unknown) => {
        this.#drop('dropped.spool_failed', `the spool could not write them (${reasonOf(error)})`, count);
        this.#release(bytes);
      },
    );
  }

  #release(bytes: number): void {
    this.#unsavedBytes -= bytes;
    if (this.#unsavedBytes === 0) this.#onAllDurable?.();
  }

  #drop(counter: Extract<CounterName, `dropped.${string}`>, reason: string, count: number): void {
    this.#counters[counter].add(count);
    this.#warnings.warn(`datagrams dropped: ${reason}`, { counter }, count);
  }

  readonly #openSession = (address: string, port: number): number => {
    const { spool } = this.#context;
    return spool.openSession({ ip: unmapIPv4(address), port, transport: 'udp', listener: this.name });
  };

  readonly #closeSessions = (sessions: Iterable<number>): void => {
    this.#flush();
    for (const session of sessions) this.#context.spool.closeSession(session, true);
  };
}

/** Length without one LF or NUL at the end, which some senders append. */
function lengthOf(datagram: Buffer): number {
  const last = datagram[datagram.length - 1];
  return last === LF || last === NUL ? datagram.length - 1 : datagram.length;
}

/** @returns bytes that the kernel granted */
function growReceiveBuffer(socket: Socket, { receive_buffer: wanted }: UdpSettings, log: Logger): number {
  // systemd may have set more on its socket than the kernel would grant this process: asking again would shrink it.
  if (receiveBufferOf(socket) < wanted) socket.setRecvBufferSize(wanted);
  const granted = receiveBufferOf(socket);
  if (granted < wanted) {
    const remedy = `sysctl -w net.core.rmem_max=${wanted}`;
    const text = `the kernel granted a receive buffer of ${formatBytes(granted)} only, bursts may be lost; ${remedy}`;
    log.warn({ asked: wanted, given: granted }, text);
  }
  return granted;
}

function receiveBufferOf(socket: Socket): number {
  const reported = socket.getRecvBufferSize();
  // Linux reports twice the size, see SO_RCVBUF in socket(7).
  return process.platform === 'linux' ? reported / 2 : reported;
}
