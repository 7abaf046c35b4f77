import { describe } from 'node:test';
import { filters, manyHosts } from './suite/filters.ts';
import { inserting, reopening } from './suite/inserting.ts';
import { retention, sizeLimits } from './suite/retention.ts';
import { state } from './suite/state.ts';
import type { Nodes, Open } from './suite/tools.ts';
import { windows } from './suite/windows.ts';

export type { Open, OpenStore, StoreSettings } from './suite/tools.ts';

export type ConformanceOptions = {
  /** Default `interleaved`. */
  readonly nodes?: Nodes;
  /** Why the store cannot be tested on this machine. */
  readonly skip?: string | false;
  /** Skips tests that another run covers with the same code. */
  readonly brief?: boolean;
};

/** The conformance suite of stores. */
export function storeConformance(name: string, open: Open, options: ConformanceOptions = {}): void {
  const { nodes = 'interleaved', skip = false, brief = false } = options;
  describe(`${name} store`, { skip }, () => {
    inserting(open);
    windows(open, nodes);
    if (!brief) filters(open, nodes);
    manyHosts(open);
    retention(open);
    sizeLimits(open);
    state(open);
    reopening(open);
  });
}
