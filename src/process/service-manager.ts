import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { reasonOf, systemCode } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';

/** During a start, extends its timeout by this much, at this interval, ms. */
const EXTENSION_MS = 60_000;
const STARTING_MS = 15_000;
/** A notification that takes longer is abandoned, ms. */
const NOTIFY_MS = 10_000;

/**
 * Notifies systemd of the server's state (sd_notify(3)), if NOTIFY_SOCKET is set. Node has no unix datagram sockets, so
 * each notification is a process of systemd-notify(1): the unit needs `NotifyAccess=all`. The start's timeout is extended
 * until `ready`, since recovering the spool may take long.
 */
export class ServiceManager implements Disposable {
  readonly #env: NodeJS.ProcessEnv;
  readonly #log: Logger;
  readonly #extending: NodeJS.Timeout;
  #watchdog: NodeJS.Timeout | undefined;
  #isReady = false;
  #isMissing = false;

  constructor(env: NodeJS.ProcessEnv, log: Logger) {
    this.#env = env;
    this.#log = log;
    const more = `EXTEND_TIMEOUT_USEC=${EXTENSION_MS * 1000}`;
    this.#extending = setInterval(() => void this.#notify(more), STARTING_MS).unref();
  }

  /**
   * Reports that the server is ready. From then on it notifies systemd twice in each WatchdogSec= if `alive` resolves
   * with true before its deadline: systemd restarts a server whose threads hang.
   */
  async ready(alive: (deadlineMs: number) => Promise<boolean>): Promise<void> {
    clearInterval(this.#extending);
    await this.#notify('READY=1');
    this.#isReady = true;
    const { WATCHDOG_USEC, WATCHDOG_PID } = this.#env;
    const period = Number(WATCHDOG_USEC ?? 0) / 1000;
    if (!(period > 0) || (WATCHDOG_PID && WATCHDOG_PID !== String(process.pid))) return;
    let checking = false;
    const beat = async (): Promise<void> => {
      if (checking) return;
      checking = true;
      if (await alive(period / 4)) await this.#notify('WATCHDOG=1');
      checking = false;
    };
    this.#watchdog = setInterval(() => void beat(), period / 2).unref();
  }

  /** Reports the begin and the end of a reload. */
  async reloading(isReloading: boolean): Promise<void> {
    if (this.#isReady) await this.#notify(isReloading ? 'RELOADING=1' : 'READY=1');
  }

  async stopping(): Promise<void> {
    this[Symbol.dispose]();
    await this.#notify('STOPPING=1');
  }

  [Symbol.dispose](): void {
    clearInterval(this.#extending);
    clearInterval(this.#watchdog);
  }

  /** Never fails: an error is logged, and only once if no later attempt can succeed. */
  async #notify(assignment: string): Promise<void> {
    if (!this.#env['NOTIFY_SOCKET'] || this.#isMissing) return;
    try {
      await promisify(execFile)('systemd-notify', [assignment], { timeout: NOTIFY_MS });
    } catch (error) {
      this.#isMissing = systemCode(error) === 'ENOENT';
      const reason = this.#isMissing
        ? 'systemd-notify is not installed; install it, or set Type=exec and no WatchdogSec= in the unit'
        : reasonOf(error);
      this.#log.warn(`cannot notify systemd of ${assignment}: ${reason}`);
    }
  }
}
