import { closeSync, openSync } from 'node:fs';
import type { Logger } from '../base/log.ts';

/** A stop that takes longer ends the process, ms. */
const FORCE_MS = 60_000;

/**
 * Handles the signals of a server. SIGTERM and Ctrl-C stop it; a second Ctrl-C ends it at once. SIGHUP calls the listener
 * of `onHangup`; if the terminal of the server was closed, SIGHUP stops it instead.
 */
export class Signals implements Disposable {
  /** Resolves when a signal asks for a stop. */
  readonly stopped: Promise<void>;
  readonly #log: Logger;
  readonly #hadTerminal: boolean;
  readonly #stop: () => void;
  #isStopping = false;
  #hasPendingHangup = false;
  #onHangup: (() => void) | undefined;

  /** @param isInteractive whether it was started on a terminal and prints there */
  constructor(log: Logger, isInteractive = process.stdout.isTTY) {
    this.#log = log;
    this.#hadTerminal = isInteractive && hasTerminal();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.stopped = promise;
    this.#stop = resolve;
    process.on('SIGINT', this.#onStop).on('SIGTERM', this.#onStop).on('SIGHUP', this.#onHup);
  }

  /** Calls `listener` on each SIGHUP from now on, and at once if one came before. */
  onHangup(listener: () => void): void {
    this.#onHangup = listener;
    if (this.#hasPendingHangup) listener();
    this.#hasPendingHangup = false;
  }

  [Symbol.dispose](): void {
    process.off('SIGINT', this.#onStop).off('SIGTERM', this.#onStop).off('SIGHUP', this.#onHup);
  }

  readonly #onHup = (): void => {
    if (this.#hadTerminal && !hasTerminal()) this.#onStop('SIGHUP');
    else if (this.#onHangup) this.#onHangup();
    else this.#hasPendingHangup = true;
  };

  readonly #onStop = (signal: NodeJS.Signals): void => {
    if (this.#isStopping && signal === 'SIGINT') process.exit(130);
    if (this.#isStopping) return;
    this.#isStopping = true;
    setTimeout(() => {
      const rest = 'messages left in the spool are stored at the next start';
      this.#log.error(`stop took over ${FORCE_MS / 1000} s and was forced; ${rest}`);
      process.exit(1);
    }, FORCE_MS).unref();
    this.#stop();
  };
}

/** A closed terminal cannot be opened: ENXIO, tty(4). */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
