import { describe } from 'node:test';
import { filters, manyHosts } from './suite/filters.ts';
import { inserting, reopening } from './suite/inserting.ts';
import { retention, sizeLimits } from './suite/retention.ts';
import { state } from './suite/state.ts';
import type { Nodes, Open } from './suite/tools.ts';
import { windows } from './suite/windows.ts';

export type { Nodes, Open, OpenStore, StoreSettings } from './suite/tools.ts';

/** What every store must do, whatever it is made of. */
export function storeConformance(name: string, open: Open, nodes: Nodes = 'interleaved'): void {
  describe(`${name} store`, () => {
    inserting(open);
    windows(open, nodes);
    filters(open, nodes);
    manyHosts(open);
    retention(open);
    sizeLimits(open);
    state(open);
    reopening(open);
  });
}
