import type { MetricsSource } from '../../../src/api/metrics/index.ts';
import { statusOf } from '../../../src/ask/index.ts';
import { ALL_COUNTERS, createCounters } from '../../../src/assembly/counters.ts';
import type { Counters } from '../../../src/base/counters.ts';
import { loadSettings } from '../../../src/config/index.ts';
import { World } from '../../ask/world.ts';

/** A series of the text: its name with its labels, and its value. */
export type Series = ReadonlyMap<string, number>;

/** The source of metrics over a store in memory. */
export class Source {
  readonly world = new World();
  readonly counters: Counters;
  readonly settings: Awaited<ReturnType<typeof loadSettings>>;
  unready: string[] = [];
  degraded: string[] = [];
  visibleAt: number | undefined;
  webCertificateExpires: number | undefined;
  /** Whether the store is open. */
  isOpen = true;
  listeners: NonNullable<Parameters<typeof statusOf>[0]['listeners']> = [];

  private constructor(settings: Source['settings']) {
    this.settings = settings;
    this.counters = createCounters(settings);
  }

  static async open(listen: string[] = ['tcp://127.0.0.1:0', 'udp://127.0.0.1:0']): Promise<Source> {
    return new Source(await loadSettings({ listen }, {}, '/nowhere'));
  }

  get source(): MetricsSource {
    return {
      declared: ALL_COUNTERS,
      status: () =>
        statusOf({
          version: '1.2.3',
          data: '/data',
          spoolLimit: 1000,
          startedAt: 1,
          listeners: this.listeners,
          counters: this.counters.snapshot(),
        }),
      unready: () => this.unready,
      degraded: () => this.degraded,
      visibleAt: () => this.visibleAt,
      webCertificateExpires: () => this.webCertificateExpires,
      context: () => (this.isOpen ? this.world.context : undefined),
    };
  }
}

/** Reads Prometheus' text format, as far as Cordwood writes it. */
export function seriesIn(text: string): Series {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}
