import type { Counters } from '../base/counters.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { ListenerSettings, Settings } from '../config/index.ts';
import {
  createReadBudget,
  InheritedSockets,
  isAddressMissing,
  type ListenContext,
  type Listener,
  type OpenListener,
} from '../listen/contract.ts';
import { LISTENERS } from '../listen/registry.ts';
import type { Spool } from '../spool/contract.ts';

/** How long a stopping server drains its sockets before it drops what is left, ms. */
const CLOSE_MS = 10_000;

export type Listeners = AsyncDisposable & { readonly all: readonly Listener[] };

/**
 * Opens all listeners of the settings. One that nobody asked for may be missing where this machine lacks its address
 * (no IPv6); any other that cannot be opened ends the start. @throws CordwoodError ERR_LISTEN
 */
export async function openListeners(
  settings: Settings,
  parts: { spool: Spool; counters: Counters; log: Logger },
): Promise<Listeners> {
  const inherited = InheritedSockets.fromEnvironment(process.env);
  const context: ListenContext = { ...parts, budget: createReadBudget(), inherited };
  const all: Listener[] = [];
  const listeners = { all, [Symbol.asyncDispose]: () => closeAll(all) };
  try {
    for (const one of settings.listen) {
      const listener = await openOne(one, context);
      if (listener) all.push(listener);
    }
    reportUnclaimed(inherited, parts.log);
    return listeners;
  } catch (error) {
    reportUnclaimed(inherited, parts.log);
    await closeAll(all);
    throw error;
  }
}

async function openOne(settings: ListenerSettings, context: ListenContext): Promise<Listener | undefined> {
  const kind = LISTENERS.find(({ name }) => name === settings.kind)!;
  const open = (await kind.load()) as OpenListener<ListenerSettings>;
  try {
    return await open(settings, context);
  } catch (error) {
    if (!settings.byDefault || !isAddressMissing(error)) throw error;
    context.log.warn({ listener: settings.name }, `${reasonOf(error)}; the other listeners serve`);
    return undefined;
  }
}

async function closeAll(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close(AbortSignal.timeout(CLOSE_MS))));
}

function reportUnclaimed({ left }: InheritedSockets, log: Logger): void {
  if (left.length === 0) return;
  const remedy = 'give a listener of the configuration its address or its name, or disable the socket unit';
  log.warn({ sockets: left }, `nobody answers on sockets that the service manager opened: ${remedy}`);
}
