import type { Socket } from 'node:net';
import { SECOND } from '../../base/units.ts';
import type { Source } from '../../model/message.ts';
import type { CounterName } from '../shared/counters.ts';
import type { ConnectionContext } from './connection-context.ts';
import type { ConnectionSlot } from './connection-table.ts';
import { readProxyHeader } from './proxy-header.ts';

/** How long a balancer may take to send its header, ms. */
export const PROXY_HEADER_MS = 3 * SECOND;

export type ProxyHeaderSlotParts = {
  readonly context: Pick<ConnectionContext, 'counters' | 'warnings' | 'onDone'>;
  /** The header is read: `source` is whom it names, and the socket, paused, gives what comes after it. */
  readonly onHeader: (slot: ConnectionSlot, source: Source) => void;
};

/** Takes up the place of a connection in the table until its balancer has said by a PROXY header whose it is. */
export class ProxyHeaderSlot implements ConnectionSlot {
  readonly source: Source;
  readonly isUnnamed = true;
  readonly #socket: Socket;
  readonly #parts: ProxyHeaderSlotParts;
  readonly #opened = performance.now();
  #bytes: Buffer = Buffer.alloc(0);
  /** The connection is counted: as refused, or closed for the reason that was given. */
  #isCounted = false;

  /** @param source the balancer */
  constructor(socket: Socket, source: Source, parts: ProxyHeaderSlotParts) {
    this.source = source;
    this.#socket = socket;
    this.#parts = parts;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onEnd);
    socket.on('close', this.#onClose);
  }

  shutDown(): void {
    this.#isCounted = true;
    this.#socket.destroy();
  }

  abandon(): void {
    this.shutDown();
  }

  close(reason: CounterName): void {
    this.#parts.context.counters[reason].add();
    this.shutDown();
  }

  checkTime(now: number): void {
    if (now - this.#opened >= PROXY_HEADER_MS) this.#refuse('it sent no whole PROXY header within 3 seconds');
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const header = readProxyHeader(this.#bytes);
    if (header.kind === 'invalid') this.#refuse(header.reason);
    if (header.kind !== 'complete') return;
    this.#release();
    this.#socket.pause();
    if (header.bytes < this.#bytes.length) this.#socket.unshift(this.#bytes.subarray(header.bytes));
    this.#parts.onHeader(this, { ...this.source, ...header.source });
  };

  /** A health check connects and closes: that is not worth a warning. */
  readonly #onEnd = (): void => {
    if (this.#bytes.length > 0) this.#refuse('it ended the connection within its PROXY header');
    else if (!this.#isCounted) this.close('connections.refused.gone');
  };

  readonly #onClose = (): void => {
    this.#onEnd();
    this.#parts.context.onDone(this);
  };

  #refuse(text: string): void {
    if (this.#isCounted) return;
    this.#parts.context.warnings.warn(`connection refused: ${text}`, { peer: this.source.ip });
    this.close('connections.refused.proxy');
  }

  /** Leaves the socket to what takes it over. */
  #release(): void {
    this.#socket
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('error', this.#onEnd)
      .off('close', this.#onClose);
  }
}
