import type { DigestOptions } from '../../../src/alert/digest/daily.ts';
import { digestSchema } from '../../../src/alert/registry.ts';

const FULL = { at: Date.UTC(2027, 0, 3), of: 'max_disk' as const };

/** Settings as the configuration gives them, with made-up facts about drops and disk. */
export const digestOf = (given: object = {}): DigestOptions => ({
  ...digestSchema.parse({ to: ['ops@example.org'], schedule: '0 12 * * *', timezone: 'UTC', ...given }),
  facts: {
    drops: async () => ({ reasons: [{ reason: 'udp0: by the kernel', count: 1204 }], faults: [] }),
    disk: async () => ({ bytes: 5 << 20, growth: 1 << 20, maxDisk: 50 * 2 ** 30, free: 2 ** 30, full: FULL }),
  },
});
