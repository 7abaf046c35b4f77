import { writeSync } from 'node:fs';
import { systemCode } from '../../base/errors.ts';

/** How much of a connection is durable: its first `frames` messages, `bytes` long in total. */
type DurablePosition = { readonly listener: string; readonly peer: string; frames: number; bytes: number };

/**
 * For tests that kill the server: writes the durable position of each connection to a file descriptor, right after the
 * fsync, as a line of JSON: `{"listener","peer","frames","bytes"}`. One fsync writes one line a connection at most.
 */
export class DurableReport {
  readonly #descriptor: number;
  readonly #changed = new Set<DurablePosition>();

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Undefined unless CORDWOOD_TEST_DURABLE_FD names a file descriptor. */
  static fromEnvironment(): DurableReport | undefined {
    const descriptor = Number(process.env['CORDWOOD_TEST_DURABLE_FD']);
    return Number.isInteger(descriptor) && descriptor > 0 ? new DurableReport(descriptor) : undefined;
  }

  /** The position of a new connection. */
  open(listener: string, peer: string): DurablePosition {
    return { listener, peer, frames: 0, bytes: 0 };
  }

  /** So much more of the connection has become durable. */
  advance(position: DurablePosition, frames: number, bytes: number): void {
    position.frames += frames;
    position.bytes += bytes;
    if (this.#changed.size === 0) queueMicrotask(() => this.#write());
    this.#changed.add(position);
  }

  #write(): void {
    const lines = [...this.#changed].map((position) => `${JSON.stringify(position)}\n`);
    this.#changed.clear();
    let rest = Buffer.from(lines.join(''));
    while (rest.length > 0) rest = rest.subarray(this.#writeSome(rest));
  }

  #writeSome(bytes: Buffer): number {
    try {
      return writeSync(this.#descriptor, bytes);
    } catch (error) {
      if (systemCode(error) === 'EAGAIN') return 0;
      throw error;
    }
  }
}
