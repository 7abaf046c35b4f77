import type { AnswerContext } from '../../ask/index.ts';
import type { Stats } from '../../ask/contract.ts';
import type { CounterDeclaration } from '../../base/counters.ts';

/** What the metrics of a server are read from. Each function is called once a scrape. */
export type MetricsSource = {
  /** Every counter that a server may have: the one declaration of counters. */
  readonly declared: readonly CounterDeclaration[];
  /** Version, spool, listeners and counters. */
  readonly status: () => Omit<Stats, 'store'>;
  /** Why the server is not ready; empty if it is. */
  readonly unready: () => readonly string[];
  /** What does not work although the server is ready. */
  readonly degraded: () => readonly string[];
  /** Everything that arrived before this time can be found, ms; undefined while nothing can. */
  readonly visibleAt: () => number | undefined;
  /** When the first certificate of the web page expires, ms; undefined without TLS. */
  readonly webCertificateExpires: () => number | undefined;
  /** What questions are answered from; undefined until the store is open. */
  readonly context: () => AnswerContext | undefined;
};
