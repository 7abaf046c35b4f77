import { type Counters, labelledNames } from '../base/counters.ts';
import { reasonOf, systemCode } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import type { Spool } from '../spool/contract.ts';
import { ReadBudget } from './stream/budget.ts';
import { LISTENER_COUNTERS } from './counters.ts';

export { LISTENER_COUNTERS } from './counters.ts';
import type { TlsSettings } from '../tls/settings.ts';
import type { Rate } from './token-buckets.ts';
import type { DropLedger } from './drop-ledger.ts';
import type { InheritedSockets } from './inherited.ts';

/** What the listeners of one server share. */
export type ListenContext = {
  readonly spool: Spool;
  /** Has the names that `counterNames` gives for each listener. */
  readonly counters: Counters;
  readonly log: Logger;
  /** From `createReadBudget`, one for all listeners. */
  readonly budget: ReadBudget;
  /** Sockets that the service manager opened for us: a listener asks for its own before it opens one. */
  readonly inherited?: InheritedSockets;
  /** What the kernel dropped of such a socket while nobody read it. */
  readonly drops?: DropLedger;
};

export { DropLedger } from './drop-ledger.ts';
export { InheritedSockets } from './inherited.ts';

/** How much all connections together have read that is not yet on disk; beyond 64 MiB none is read on. */
export function createReadBudget(limitBytes = 64 << 20): ReadBudget {
  return new ReadBudget(limitBytes);
}

/** Who may send, and how much: what can be changed of an open listener; `tls` only where it has been there before. */
export type Admission = {
  readonly allow?: readonly string[] | undefined;
  readonly rate?: Rate | undefined;
  readonly tls?: TlsSettings | undefined;
};

/** Something that receives messages and hands them to the spool. */
export interface Listener {
  /** From the configuration, e.g. `tcp0`. */
  readonly name: string;
  readonly kind: string;
  /** Where it really listens, e.g. `127.0.0.1:5514`, `[::1]:5514`. */
  readonly address: string;
  /**
   * Accepts nothing more, takes what has reached this machine already, reads nothing more, and resolves when all that
   * was read is on disk. Once `signal` is aborted, what the spool still refuses is dropped and counted, and what it has
   * taken is left to it.
   */
  close(signal?: AbortSignal): Promise<void>;
  /**
   * Takes over who may send, and reads certificates anew. Connections stay, but for those whose network is no longer
   * allowed; rate and TLS are asked of those who connect from then on. Changed certificates are noticed without it, too.
   * @throws CordwoodError ERR_CONFIG where a file cannot be used; all is as before then
   */
  reload(settings: Admission): Promise<void>;
  stats(): ListenerStats;
}

export type ListenerStats = {
  readonly name: string;
  readonly kind: string;
  readonly address: string;
  /** UDP: bytes the kernel really gave. */
  readonly receiveBuffer?: number;
  /** UDP: datagrams the kernel dropped since the socket was opened, as of a few seconds ago. */
  readonly kernelDrops?: number;
  /** TLS: when its certificate, or a CA of it, expires, ms. */
  readonly certificateExpires?: number;
};

/** Opens a listener of one kind. @throws CordwoodError ERR_LISTEN, see `isAddressMissing` */
export type OpenListener<Settings> = (settings: Settings, context: ListenContext) => Promise<Listener>;

/** Names of the shared counters that the listener of this name counts with. */
export function counterNames(listener: string): string[] {
  return labelledNames(LISTENER_COUNTERS, [listener]);
}

/** Whether an error of `open` means that this machine has no such address (or no IPv6): the rest may go on serving. */
export function isAddressMissing(error: unknown): boolean {
  const code = systemCode(error instanceof Error ? error.cause : undefined);
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}

/** What is to be said of the files that a listener's settings name: `fatal` where nobody could connect. */
export type FileReport = { readonly listener: string; readonly fatal: boolean; readonly text: string };

/** Reads the files of all listeners as opening them would. */
export async function checkFiles(
  listeners: readonly { readonly name: string; readonly tls?: TlsSettings | undefined }[],
): Promise<FileReport[]> {
  const secure = listeners.filter(({ tls }) => tls !== undefined);
  if (secure.length === 0) return [];
  const { lasting, readCredentials } = await import('../tls/files.ts');
  return secure.flatMap(({ name: listener, tls }) => {
    try {
      const say = lasting(readCredentials(tls!), Date.now());
      return say ? [{ listener, fatal: say.over, text: say.text }] : [];
    } catch (error) {
      return [{ listener, fatal: true, text: reasonOf(error) }];
    }
  });
}
