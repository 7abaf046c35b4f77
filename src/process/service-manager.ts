import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { reasonOf, systemCode } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Environment } from '../config/index.ts';

/** A start that takes long asks for so much more time, so often, ms. */
const PATIENCE_MS = 60_000;
const STARTING_MS = 15_000;
/** How long a notification may take before it is given up, ms. */
const NOTIFY_MS = 10_000;

/**
 * Tells systemd how we fare (sd_notify(3)). Node has no datagram sockets of the unix domain, so systemd-notify(1) does
 * it, a process for each notification: the unit needs `NotifyAccess=all`. Without NOTIFY_SOCKET nobody is told anything.
 * From the beginning a start is given more time, however long it reads back what an earlier run left.
 */
export class ServiceManager implements Disposable {
  readonly #env: Environment;
  readonly #log: Logger;
  readonly #starting: NodeJS.Timeout;
  #watching: NodeJS.Timeout | undefined;
  #isReady = false;
  #isMissing = false;

  constructor(env: Environment, log: Logger) {
    this.#env = env;
    this.#log = log;
    const more = `EXTEND_TIMEOUT_USEC=${PATIENCE_MS * 1000}`;
    this.#starting = setInterval(() => void this.#tell(more), STARTING_MS).unref();
  }

  /**
   * We serve. Twice in each WatchdogSec= systemd hears from now on that we are alive, where `alive` says so within the
   * time it is given: a server whose threads hang is ended and started again.
   */
  async ready(alive: (deadlineMs: number) => Promise<boolean>): Promise<void> {
    clearInterval(this.#starting);
    await this.#tell('READY=1');
    this.#isReady = true;
    const { WATCHDOG_USEC, WATCHDOG_PID } = this.#env;
    const period = Number(WATCHDOG_USEC ?? 0) / 1000;
    if (!(period > 0) || (WATCHDOG_PID && WATCHDOG_PID !== String(process.pid))) return;
    let checking = false;
    const beat = async (): Promise<void> => {
      if (checking) return;
      checking = true;
      if (await alive(period / 4)) await this.#tell('WATCHDOG=1');
      checking = false;
    };
    this.#watching = setInterval(() => void beat(), period / 2).unref();
  }

  /** Before and after the configuration is read again. */
  async reloading(isReloading: boolean): Promise<void> {
    if (this.#isReady) await this.#tell(isReloading ? 'RELOADING=1' : 'READY=1');
  }

  async stopping(): Promise<void> {
    this[Symbol.dispose]();
    await this.#tell('STOPPING=1');
  }

  [Symbol.dispose](): void {
    clearInterval(this.#starting);
    clearInterval(this.#watching);
  }

  /** Never fails: what goes wrong is said in the log, once where it would never go right. */
  async #tell(assignment: string): Promise<void> {
    if (!this.#env['NOTIFY_SOCKET'] || this.#isMissing) return;
    try {
      await promisify(execFile)('systemd-notify', [assignment], { timeout: NOTIFY_MS });
    } catch (error) {
      this.#isMissing = systemCode(error) === 'ENOENT';
      const reason = this.#isMissing
        ? 'there is no systemd-notify; install it, or set Type=exec and no WatchdogSec= in the unit'
        : reasonOf(error);
      this.#log.warn(`cannot tell systemd ${assignment}: ${reason}`);
    }
  }
}
