import type { Logger } from '../../base/log.ts';
import type { ThrottledWarnings } from '../../base/throttled-warnings.ts';
import type { Source } from '../../model/message.ts';
import { unusedConnection } from '../../tls/index.ts';
import type { TlsTrouble } from '../contract.ts';
import type { CounterName, ListenerCounters } from '../shared/counters.ts';

/** Why a connection failed, in the handshake or before its first byte. */
type Failure = ReturnType<typeof unusedConnection>;

/** Addresses and reasons that are remembered. */
const REMEMBERED = 20;

/** Reasons of the client; the others are this server's. */
const BY_CLIENT = new Set<Failure['reason']>(['tls_our_certificate', 'tls_hangup', 'tls_unused']);

function counterOf(reason: Failure['reason']): CounterName {
  return reason === 'tls_unused' ? 'connections.closed.tls_unused' : `connections.refused.${reason}`;
}

export type TlsTroublesParts = {
  readonly counters: ListenerCounters;
  readonly log: Logger;
  readonly warnings: ThrottledWarnings;
};

/** Counts, logs and remembers the TLS connections that fail, whichever side ends them. */
export class TlsTroubles {
  readonly #parts: TlsTroublesParts;
  /** By address and reason, the latest last. */
  readonly #recent = new Map<string, TlsTrouble>();

  constructor(parts: TlsTroublesParts) {
    this.#parts = parts;
  }

  /** The latest troubles, one for each address and reason, the newest first. */
  get recent(): TlsTrouble[] {
    return [...this.#recent.values()].reverse();
  }

  report({ ip, port }: Source, { reason, text, detail, quiet }: Failure): void {
    const { counters, log, warnings } = this.#parts;
    counters[counterOf(reason)].add();
    const by = BY_CLIENT.has(reason) ? 'TLS connection ended by the client' : 'TLS connection refused';
    const fields = { peer: `${ip}:${port}`, ...detail };
    if (quiet) {
      log.debug({ ...fields, reason: text }, by);
      return;
    }
    warnings.warn(`${by}: ${text}`, fields);
    this.#remember(ip, `${by}: ${text}`);
  }

  /** A peer that was admitted ended its connection before its first byte. @param error how it broke, if it did */
  reportUnused(source: Source, error?: Error): void {
    this.report(source, unusedConnection(error));
  }

  #remember(ip: string, text: string): void {
    const key = `${ip} ${text}`;
    const times = (this.#recent.get(key)?.times ?? 0) + 1;
    this.#recent.delete(key);
    this.#recent.set(key, { ip, text, times, at: Date.now() });
    if (this.#recent.size > REMEMBERED) this.#recent.delete(this.#recent.keys().next().value!);
  }
}
