import { openCoverage } from '../../src/account/coverage.ts';
import { CoverageWriter } from '../../src/account/coverage-writer.ts';
import { Counters } from '../../src/base/counters.ts';
import type { StoreState } from '../../src/store/contract.ts';
import { memoryState } from '../../src/store/memory/state.ts';

export const START = Date.UTC(2026, 10, 22, 10);
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const DAY = 1440 * MINUTE;
const NAMES = [
  'spool.full',
  'spool.failing',
  'spool.refused',
  'spool.failures',
  ...['kernel', 'spool_full', 'rate', 'empty', 'partial', 'not_allowed'].map(
    (reason) => `listen.udp0.dropped.${reason}`,
  ),
];

/** A receiver with a clock to be set; a second life on the same state is another one. */
export class Desk {
  now = START;
  readonly states = new Map<string, StoreState>();
  counters = new Counters(NAMES);
  readonly state = (name: string): StoreState => {
    const state = this.states.get(name) ?? memoryState(() => this.now);
    this.states.set(name, state);
    return state;
  };

  watch(node = 1): CoverageWriter {
    this.counters = new Counters(NAMES);
    return new CoverageWriter({ state: this.state, node, counters: this.counters, now: () => this.now });
  }

  coverage(running?: number, nodes: readonly number[] = [1]) {
    const now = () => this.now;
    return openCoverage({ state: this.state, nodes: async () => nodes, ...(running && { running }), now });
  }

  /** Looks each second for a while. */
  async live(watch: CoverageWriter, ms: number): Promise<void> {
    for (const end = this.now + ms; this.now < end; ) {
      this.now += SECOND;
      await watch.sample();
    }
  }

  gaps(running?: number, nodes?: readonly number[]) {
    return this.coverage(running, nodes).gaps(0, this.now + 1);
  }
}
