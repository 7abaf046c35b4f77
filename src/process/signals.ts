import { closeSync, openSync } from 'node:fs';
import type { Logger } from '../base/log.ts';

/** After so long, a server that was told to stop ends, whatever is left to do, ms. */
const FORCE_MS = 60_000;

/**
 * The signals of a server from its first moment on: SIGTERM and Ctrl-C stop it, a second Ctrl-C ends it at once; SIGHUP
 * is handed on, and stops it where it says that its terminal was closed.
 */
export class Signals implements Disposable {
  /** Resolves when somebody wants us to stop. */
  readonly stopped: Promise<void>;
  readonly #log: Logger;
  readonly #hadTerminal: boolean;
  readonly #stop: () => void;
  #asked = false;
  #pending = false;
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

  /** From now on, `listener` hears of each SIGHUP, and at once of one that came before. */
  onHangup(listener: () => void): void {
    this.#onHangup = listener;
    if (this.#pending) listener();
    this.#pending = false;
  }

  [Symbol.dispose](): void {
    process.off('SIGINT', this.#onStop).off('SIGTERM', this.#onStop).off('SIGHUP', this.#onHup);
  }

  readonly #onHup = (): void => {
    if (this.#hadTerminal && !hasTerminal()) this.#onStop('SIGHUP');
    else if (this.#onHangup) this.#onHangup();
    else this.#pending = true;
  };

  readonly #onStop = (signal: NodeJS.Signals): void => {
    if (this.#asked && signal === 'SIGINT') process.exit(130);
    if (this.#asked) return;
    this.#asked = true;
    setTimeout(() => {
      const rest = 'what is left in the spool is stored at the next start';
      this.#log.error(`stopping took over ${FORCE_MS / 1000} s and was cut short; ${rest}`);
      process.exit(1);
    }, FORCE_MS).unref();
    this.#stop();
  };
}

/** A terminal that was closed can no longer be opened: ENXIO, tty(4). */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
