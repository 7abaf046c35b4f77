import { createRequire } from 'node:module';
import type { NodeCron } from 'node-cron';

let loaded: NodeCron | undefined;

/**
 * The library that reads cron expressions; loading it takes 40 ms, so that is done only if a
 * schedule is configured.
 */
export function cron(): NodeCron {
  loaded ??= createRequire(import.meta.url)('node-cron') as NodeCron;
  return loaded;
}
