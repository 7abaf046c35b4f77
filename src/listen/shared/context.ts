import type { Counters } from '../../base/counters.ts';
import type { Logger } from '../../base/log.ts';
import type { Spool } from '../../spool/contract.ts';
import type { Listener } from '../contract.ts';
import type { DropLedger } from './drop-ledger.ts';
import type { InheritedSockets } from './inherited-sockets.ts';
import type { ReadBudget } from './read-budget.ts';

/** What the listeners of one server share. */
export type ListenContext = {
  readonly spool: Spool;
  /** Must have the names that `counterNames` returns for each listener. */
  readonly counters: Counters;
  readonly log: Logger;
  /** One budget for all listeners. */
  readonly budget: ReadBudget;
  /** Sockets that the service manager opened for this process; a listener takes its own before it opens one. */
  readonly inherited?: InheritedSockets;
  /** Datagrams that the kernel dropped from inherited sockets while no process read them. */
  readonly drops?: DropLedger;
};

/** Opens a listener of one kind. @throws CordwoodError ERR_LISTEN, see `isAddressMissing` */
export type OpenListener<Settings> = (settings: Settings, context: ListenContext) => Promise<Listener>;
