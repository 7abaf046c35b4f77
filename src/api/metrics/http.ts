import { Counter, Histogram, type Registry } from 'prom-client';
import type { Family } from './family.ts';

const REQUESTS: Family = {
  name: 'cordwood_http_requests_total',
  kind: 'counter',
  help: 'Requests of the web page and its API, by route and class of the status',
  labels: ['route', 'status'],
};
const DURATION: Family = {
  name: 'cordwood_http_request_duration_seconds',
  kind: 'histogram',
  help: 'Time from a request of the web page and its API to the end of its answer',
  labels: ['route'],
};
export const HTTP_FAMILIES = [REQUESTS, DURATION] as const;

/** Upper bounds of the histogram, s. */
const BUCKETS = [0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 60];

/** The route of requests that no route of the table answers: their paths are the network's choice. */
const OTHER = 'other';

/** Counts requests of the web page and its API. */
export class HttpMetrics {
  readonly #requests: Counter;
  readonly #duration: Histogram;

  constructor(registry: Registry) {
    const optionsOf = ({ name, help, labels }: Family) => ({
      name,
      help,
      labelNames: [...labels],
      registers: [registry],
    });
    this.#requests = new Counter(optionsOf(REQUESTS));
    this.#duration = new Histogram({ ...optionsOf(DURATION), buckets: BUCKETS });
  }

  /** @param route the path of the route with `:name` for its parameters; undefined if none fits the request */
  answered({
    route = OTHER,
    status,
    ms,
  }: {
    readonly route: string | undefined;
    readonly status: number;
    readonly ms: number;
  }): void {
    const path = route.replaceAll(/:(\w+)/g, '{$1}');
    this.#requests.inc({ route: path, status: `${Math.floor(status / 100)}xx` });
    this.#duration.observe({ route: path }, ms / 1000);
  }
}
