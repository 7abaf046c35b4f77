import { Counters } from '../../src/base/counters.ts';
import type { Logger } from '../../src/base/log.ts';
import { z } from '../../src/base/schema.ts';
import { counterNames, type Listener } from '../../src/listen/contract.ts';
import { LISTENERS } from '../../src/listen/registry.ts';
import type { ListenContext } from '../../src/listen/shared/context.ts';
import { ReadBudget } from '../../src/listen/shared/read-budget.ts';
import { relpSchema, tcpSchema, udpSchema } from '../../src/listen/settings.ts';
import { FakeSpool } from './fake-spool.ts';

export type KindName = (typeof LISTENERS)[number]['name'];

/** A listener on a port of its own, over a fake spool. */
export type Harness = AsyncDisposable & {
  readonly listener: Listener;
  readonly spool: FakeSpool;
  readonly address: string;
  /** The log lines of level warn and above. */
  readonly warnings: string[];
  /** The value of the counter `listen.<name>.<what>`. */
  counter(what: string): number;
};

export type HarnessOptions = {
  readonly address?: string;
  readonly settings?: Record<string, unknown>;
  readonly budgetBytes?: number;
};

/** Opens a listener of this kind; its settings pass the schema as those of a file would. */
export async function listen(kind: KindName, options: HarnessOptions = {}): Promise<Harness> {
  const { address = '127.0.0.1:0', settings = {}, budgetBytes } = options;
  const name = `${kind}0`;
  const spool = new FakeSpool();
  const counters = new Counters(counterNames(name));
  const warnings: string[] = [];
  const context = { spool, counters, log: loggerInto(warnings), budget: new ReadBudget(budgetBytes) };
  const listener = await open(kind, { kind, address, ...settings }, name, context);
  return {
    listener,
    spool,
    warnings,
    address: listener.address,
    counter: (what) => counters.get(`listen.${name}.${what}`),
    [Symbol.asyncDispose]: () => listener.close(AbortSignal.timeout(5000)),
  };
}

/** Checks the settings as the configuration does, and opens a listener. */
export async function open(
  kind: KindName,
  settings: Record<string, unknown>,
  name: string,
  context: ListenContext,
): Promise<Listener> {
  if (kind === 'udp') {
    const openUdp = await LISTENERS[0].load();
    return openUdp({ ...z.parse(udpSchema, settings), name }, context);
  }
  if (kind === 'relp') {
    const openRelp = await LISTENERS[2].load();
    return openRelp({ ...z.parse(relpSchema, settings), name }, context);
  }
  const openTcp = await LISTENERS[1].load();
  return openTcp({ ...z.parse(tcpSchema, settings), name }, context);
}

function loggerInto(warnings: string[]): Logger {
  const keep = (fields: unknown, text?: string): void => {
    warnings.push(text ?? String(fields));
  };
  const logger: Logger = { error: keep, warn: keep, info: () => {}, debug: () => {}, child: () => logger };
  return logger;
}
