import type { StoreState } from '../store/contract.ts';
import type { Alive } from './coverage-writer.ts';
import { COVERAGE } from './gap-log.ts';

export type CarryOver = {
  readonly from: number;
  readonly to: number;
  /** When the first node was alive, at least, ms. */
  readonly aliveAt: number;
};

/**
 * Lets another node go on with the coverage log of one that will not run again: its next start records the time since
 * then as a gap, and no gap of the first node stays open.
 */
export async function carryOverCoverage(
  state: (namespace: string) => StoreState,
  { from, to, aliveAt }: CarryOver,
): Promise<void> {
  const coverage = state(COVERAGE);
  const write = async (key: string, value: unknown): Promise<void> => {
    await coverage.put(key, value, (await coverage.get(key))?.revision ?? 0);
  };
  const alive = `${from}/alive`;
  for (const { key, value } of await coverage.scan(`${from}/`)) {
    if (key !== alive) await write(`${to}${key.slice(key.indexOf('/'))}`, value);
  }
  const last = (await coverage.get(alive))?.value as Alive | undefined;
  await write(`${to}/alive`, { at: Math.max(aliveAt, last?.at ?? 0), ended: false } satisfies Alive);
  for (const { key } of await coverage.scan(`${from}/`)) await write(key, undefined);
}
