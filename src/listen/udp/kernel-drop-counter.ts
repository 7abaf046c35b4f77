import { reasonOf } from '../../base/errors.ts';
import type { Counter } from '../../base/counters.ts';
import { formatHostPort } from '../../base/ip.ts';
import type { HostPort } from '../../base/schema.ts';
import type { ThrottledWarnings } from '../../base/throttled-warnings.ts';
import type { DropLedger } from '../shared/drop-ledger.ts';
import { readKernelDrops } from './kernel-drops.ts';

const POLL_MS = 5000;

export type KernelDropOptions = {
  /** The address that the socket is bound to. */
  readonly address: HostPort;
  readonly counter: Counter;
  readonly warnings: ThrottledWarnings;
  /** Kernel drop count up to which an earlier run has counted the drops of an inherited socket; 0 for a new socket. */
  readonly alreadyCounted: number;
  /** Inode of an inherited socket, and the ledger that remembers its count for the next run. */
  readonly inode?: string | undefined;
  readonly ledger?: DropLedger | undefined;
};

/** Counts the datagrams that the kernel drops at one socket, and warns about them, until it is disposed of. */
export class KernelDropCounter implements Disposable {
  readonly #options: KernelDropOptions;
  /** Kernel drop count before this process took over the socket; subtracted from later readings. */
  readonly #before: number;
  readonly #timer: NodeJS.Timeout;

  constructor(options: KernelDropOptions) {
    this.#options = options;
    // The counter outlives a listener that is closed and opened again, and goes on from its value.
    this.#before = options.alreadyCounted - options.counter.value;
    this.#timer = setInterval(() => void this.update(), POLL_MS).unref();
  }

  /** Reads the kernel's count now. */
  async update(): Promise<void> {
    const { address, counter, warnings } = this.#options;
    const total = await readKernelDrops(address);
    if (total === undefined) return;
    const drops = total - this.#before;
    const added = drops - counter.value;
    if (added === 0) return;
    this.#remember(total);
    counter.set(drops);
    const fields = { address: formatHostPort(address) };
    warnings.warn('datagrams dropped by the kernel: the receive buffer was full', fields, added);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #remember(total: number): void {
    const { ledger, inode, warnings } = this.#options;
    if (!ledger || inode === undefined) return;
    try {
      ledger.note(inode, total);
    } catch (error) {
      warnings.warn(`cannot save the count of dropped datagrams for the next start: ${reasonOf(error)}`);
    }
  }
}
