import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Counters } from '../base/counters.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { ListenerSettings } from '../config/index.ts';
import {
  createReadBudget,
  DropLedger,
  InheritedSockets,
  isAddressMissing,
  type ListenContext,
  type Listener,
  type OpenListener,
} from './contract.ts';
import { LISTENERS } from './registry.ts';
import type { Spool } from '../spool/contract.ts';

/** How long a stopping server drains its sockets before it drops what is left, ms. */
const CLOSE_MS = 10_000;

export type ListenerParts = {
  readonly spool: Spool;
  readonly counters: Counters;
  readonly log: Logger;
  /** The data folder. */
  readonly data: string;
};

type Open = { settings: ListenerSettings; readonly listener: Listener };

/** The listeners that are open, by the settings they were opened with. */
export class OpenListeners implements AsyncDisposable {
  readonly #context: ListenContext;
  readonly #inherited: InheritedSockets;
  readonly #open = new Map<string, Open>();

  private constructor({ data, ...parts }: ListenerParts) {
    this.#inherited = InheritedSockets.fromEnvironment(process.env);
    const drops = new DropLedger(join(data, 'kernel-drops.json'));
    this.#context = { ...parts, budget: createReadBudget(), inherited: this.#inherited, drops };
  }

  /**
   * Opens all of the settings. One that nobody asked for may be missing where this machine lacks its address (no IPv6);
   * any other that cannot be opened ends the start. @throws CordwoodError ERR_LISTEN
   */
  static async open(settings: readonly ListenerSettings[], parts: ListenerParts): Promise<OpenListeners> {
    const listeners = new OpenListeners(parts);
    try {
      for (const one of settings) await listeners.#add(one);
      listeners.#reportUnclaimed();
      return listeners;
    } catch (error) {
      listeners.#reportUnclaimed();
      await listeners[Symbol.asyncDispose]();
      throw error;
    }
  }

  get all(): readonly Listener[] {
    return [...this.#open.values()].map(({ listener }) => listener);
  }

  /**
   * Opens, closes and opens anew what the settings have changed, and leaves the rest and its connections alone. What
   * cannot be opened is said in the log; a changed listener then goes on as it was. Their counters must exist.
   */
  async reload(settings: readonly ListenerSettings[]): Promise<void> {
    const next = new Map(settings.map((one) => [one.name, one]));
    const gone = [...this.#open.keys()].filter((name) => !next.has(name));
    await Promise.all(gone.map((name) => this.#close(name)));
    for (const name of gone.filter((one) => this.#inherited.has(one))) {
      const remedy = 'take it out of the socket unit, or what comes to it waits until a restart';
      this.#context.log.warn(
        { listener: name },
        `the service manager keeps the socket of a removed listener: ${remedy}`,
      );
    }
    for (const one of settings) {
      const open = this.#open.get(one.name);
      if (!open) await this.#attempt(one, 'listener opened');
      else if (isSameSocket(open.settings, one)) await this.#refresh(open, one);
      else await this.#change(open, one);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.keys()].map((name) => this.#close(name)));
  }

  async #change(open: Open, next: ListenerSettings): Promise<void> {
    const { log } = this.#context;
    const { name } = next;
    if (this.#inherited.has(name)) {
      const remedy = 'restart the service; its socket waits meanwhile, and nothing is lost';
      log.warn({ listener: name }, `cannot change a listener whose socket the service manager opened: ${remedy}`);
      return;
    }
    await this.#close(name);
    if (await this.#attempt(next, 'listener opened anew: its settings have changed')) return;
    await this.#attempt(open.settings, 'listener goes on with its old settings');
  }

  /** What another room reads of the settings (zone, inflate), and who may send, needs no new socket. */
  async #refresh(open: Open, next: ListenerSettings): Promise<void> {
    try {
      await open.listener.reload(next);
      open.settings = next;
    } catch (error) {
      this.#context.log.error({ listener: next.name }, `${reasonOf(error)}; the listener goes on as it was`);
    }
  }

  /** @returns whether it is open now */
  async #attempt(settings: ListenerSettings, success: string): Promise<boolean> {
    const { log } = this.#context;
    try {
      const listener = await this.#add(settings);
      if (listener) log.info({ listener: settings.name, address: listener.address }, success);
      return true;
    } catch (error) {
      log.error({ listener: settings.name }, reasonOf(error));
      return false;
    }
  }

  async #add(settings: ListenerSettings): Promise<Listener | undefined> {
    const kind = LISTENERS.find(({ name }) => name === settings.kind)!;
    const open = (await kind.load()) as OpenListener<ListenerSettings>;
    try {
      const listener = await open(settings, this.#context);
      this.#open.set(settings.name, { settings, listener });
      return listener;
    } catch (error) {
      if (!settings.byDefault || !isAddressMissing(error)) throw error;
      this.#context.log.warn({ listener: settings.name }, `${reasonOf(error)}; the other listeners serve`);
      return undefined;
    }
  }

  async #close(name: string): Promise<void> {
    const open = this.#open.get(name);
    this.#open.delete(name);
    if (!open) return;
    await open.listener.close(AbortSignal.timeout(CLOSE_MS));
    const received = this.#context.counters.get(`listen.${name}.received.frames`);
    this.#context.log.info({ listener: name, received }, 'listener closed; what it received is on disk');
  }

  #reportUnclaimed(): void {
    const { left } = this.#inherited;
    if (left.length === 0) return;
    const remedy = 'give a listener of the configuration its address or its name, or disable the socket unit';
    const text = `nobody answers on sockets that the service manager opened: ${remedy}`;
    this.#context.log.warn({ sockets: left }, text);
  }
}

/** Whether two settings differ at most in what the parser alone looks at, and in what an open listener takes over. */
function isSameSocket(a: ListenerSettings, b: ListenerSettings): boolean {
  const [one, other] = [a, b].map((settings) => {
    const { zone: _zone, inflate: _inflate, byDefault: _byDefault, allow: _allow, rate: _rate, ...rest } = settings;
    return 'tls' in rest ? { ...rest, tls: rest.tls !== undefined } : rest;
  });
  return isDeepStrictEqual(one, other);
}
