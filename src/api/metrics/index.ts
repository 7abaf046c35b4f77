import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Logger } from '../../base/log.ts';
import type { CounterDeclaration } from '../../base/counters.ts';
import { type CounterFamily, counterFamilies, seriesOf } from './counter-families.ts';
import { headOf, seriesText } from './exposition.ts';
import type { Family, Labels, Sample } from './family.ts';
import { HTTP_FAMILIES, HttpMetrics } from './http.ts';
import type { Seen } from './levels.ts';
import { PartReader } from './parts.ts';
import { SERVER_LEVELS } from './server-levels.ts';
import type { MetricsSource } from './source.ts';
import { STORE_LEVELS } from './store-levels.ts';

export type { MetricsSource } from './source.ts';

/** Every family of our own; those of Node, of the process and of HTTP requests are prom-client's. */
export function families(declared: readonly CounterDeclaration[]): Family[] {
  return [...counterFamilies(declared), ...LEVELS, ...HTTP_FAMILIES];
}

const LEVELS = [...SERVER_LEVELS, ...STORE_LEVELS];

/** What `/metrics` answers. */
export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  /** Counts the requests that are answered. */
  readonly http: HttpMetrics;
  readonly #source: MetricsSource;
  readonly #registry = new Registry();
  readonly #parts: PartReader;
  readonly #counterFamilies: readonly CounterFamily[];
  /** Our families, with the lines that are the same at each scrape. */
  readonly #heads: readonly (readonly [head: string, family: Family])[];
  /** Counters by name, and the series that each one is. */
  readonly #series = new Map<string, [family: CounterFamily, labels: Labels]>();
  /** Those of Node cost a timer that fires all the time: they begin with the first scrape. */
  #withNode = false;
  /** The samples of the scrape under way, by family. */
  #samples = new Map<string, Sample[]>();

  constructor(source: MetricsSource, log: Logger) {
    this.#source = source;
    this.#parts = new PartReader(source.context, (part, reason) =>
      log.warn({ part, reason }, 'metrics are incomplete'),
    );
    this.#counterFamilies = counterFamilies(source.declared);
    this.#heads = [...this.#counterFamilies, ...LEVELS].map((family) => [headOf(family), family]);
    this.http = new HttpMetrics(this.#registry);
  }

  /** The text that Prometheus reads, version 0.0.4 of its format. */
  async text(): Promise<string> {
    if (!this.#withNode) collectDefaultMetrics({ register: this.#registry });
    this.#withNode = true;
    const parts = await this.#parts.read();
    const source = this.#source;
    const seen: Seen = {
      status: source.status(),
      unready: source.unready(),
      degraded: source.degraded(),
      visibleAt: source.visibleAt(),
      webCertificateExpires: source.webCertificateExpires(),
      now: Date.now(),
      parts,
    };
    this.#samples = new Map(LEVELS.map(({ name, samples }) => [name, [...samples(seen)]]));
    for (const [counter, value] of Object.entries(seen.status.counters)) this.#count(counter, value);
    let text = '';
    for (const [head, family] of this.#heads) text += head + seriesText(family, this.#samples.get(family.name) ?? []);
    return text + (await this.#registry.metrics());
  }

  #count(counter: string, value: number): void {
    let series = this.#series.get(counter);
    if (!series) {
      const found = seriesOf(counter, this.#counterFamilies);
      if (!found) return;
      series = found;
      this.#series.set(counter, series);
    }
    const [{ name, scale }, labels] = series;
    const samples = this.#samples.get(name);
    if (samples) samples.push([labels, value * scale]);
    else this.#samples.set(name, [[labels, value * scale]]);
  }
}
