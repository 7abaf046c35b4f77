import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Counters } from '../base/counters.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { SECOND } from '../base/units.ts';
import type { Spool } from '../spool/contract.ts';
import type { Listener } from './contract.ts';
import { LISTENERS, type ListenerSettings } from './registry.ts';
import type { ListenContext, OpenListener } from './shared/context.ts';
import { DropLedger } from './shared/drop-ledger.ts';
import { InheritedSockets } from './shared/inherited-sockets.ts';
import { isAddressMissing } from '../base/machine/listen-error.ts';
import { ReadBudget } from './shared/read-budget.ts';

/** How long a closing listener may drain its sockets before it drops the rest, ms. */
const CLOSE_MS = 10 * SECOND;

export type ListenerParts = {
  readonly spool: Spool;
  readonly counters: Counters;
  readonly log: Logger;
  /** The data folder. */
  readonly data: string;
};

type Open = { settings: ListenerSettings; readonly listener: Listener };

/** The open listeners of a server; opens, changes and closes them as the settings say. */
export class OpenListeners implements AsyncDisposable {
  readonly #context: ListenContext;
  readonly #inherited: InheritedSockets;
  readonly #open = new Map<string, Open>();

  private constructor({ data, ...parts }: ListenerParts) {
    this.#inherited = InheritedSockets.fromEnvironment(process.env);
    const drops = new DropLedger(join(data, 'kernel-drops.json'));
    this.#context = { ...parts, budget: new ReadBudget(), inherited: this.#inherited, drops };
  }

  /**
   * Opens a listener for each of the settings. A default listener is left out with a warning if this machine lacks its
   * address (no IPv6); if any other cannot be opened, all are closed again. @throws CordwoodError ERR_LISTEN
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
   * Opens, closes and reopens the listeners whose settings have changed; the others keep their connections. If one
   * cannot be opened, an error is logged, and a changed listener keeps its old settings. Their counters must exist.
   */
  async reload(settings: readonly ListenerSettings[]): Promise<void> {
    const next = new Map(settings.map((one) => [one.name, one]));
    const gone = [...this.#open.keys()].filter((name) => !next.has(name));
    await Promise.all(gone.map((name) => this.#close(name)));
    for (const name of gone.filter((one) => this.#inherited.has(one))) {
      const remedy = 'remove it from the socket unit, or messages sent to it wait until a restart';
      const text = `the service manager keeps the socket of a removed listener open; ${remedy}`;
      this.#context.log.warn({ listener: name }, text);
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
      const remedy = 'restart the service; its socket stays open meanwhile, and nothing is lost';
      log.warn({ listener: name }, `cannot change a listener whose socket the service manager opened; ${remedy}`);
      return;
    }
    await this.#close(name);
    if (await this.#attempt(next, 'listener reopened with changed settings')) return;
    await this.#attempt(open.settings, 'listener reopened with its old settings');
  }

  /** Takes over settings that need no new socket: admission, and those that only the parser reads (zone, inflate). */
  async #refresh(open: Open, next: ListenerSettings): Promise<void> {
    try {
      await open.listener.reload(next);
      open.settings = next;
    } catch (error) {
      this.#context.log.error({ listener: next.name }, `${reasonOf(error)}; the listener keeps its old settings`);
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
      this.#context.log.warn({ listener: settings.name }, `${reasonOf(error)}; the other listeners are open`);
      return undefined;
    }
  }

  async #close(name: string): Promise<void> {
    const open = this.#open.get(name);
    this.#open.delete(name);
    if (!open) return;
    await open.listener.close(AbortSignal.timeout(CLOSE_MS));
    const received = this.#context.counters.get(`listen.${name}.received.frames`);
    this.#context.log.info({ listener: name, received }, 'listener closed; everything it received is on disk');
  }

  #reportUnclaimed(): void {
    const { unclaimed } = this.#inherited;
    if (unclaimed.length === 0) return;
    const remedy = 'configure a listener with the address or name of each, or disable the socket unit';
    const text = `the service manager opened sockets that no listener uses; ${remedy}`;
    this.#context.log.warn({ sockets: unclaimed }, text);
  }
}

/** Whether the settings differ only in what an open listener can take over, or what only the parser reads. */
function isSameSocket(a: ListenerSettings, b: ListenerSettings): boolean {
  const [one, other] = [a, b].map((settings) => {
    const { zone: _zone, inflate: _inflate, byDefault: _byDefault, allow: _allow, rate: _rate, ...rest } = settings;
    if (rest.kind === 'udp') return rest;
    const { proxy: _proxy, max_age: _age, ...stream } = rest;
    return { ...stream, tls: rest.tls !== undefined };
  });
  return isDeepStrictEqual(one, other);
}
