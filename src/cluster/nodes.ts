import { CordwoodError } from '../base/errors.ts';
import type { StoreState } from '../store/contract.ts';
import type { NodeReport } from './contract.ts';

/** Two of the sixteen bytes of an id hold the node number. */
const HIGHEST_NODE = 0xffff;
const HIGHEST = 'highest';
const NONCE = 'nonce/';
const REPORT = 'node/';

/**
 * The node number of the spool with this nonce. A new nonce gets the next free number, also if
 * several processes ask at once. @param state the namespace `NODES`
 */
export async function nodeNumber(state: StoreState, nonce: string): Promise<number> {
  for (;;) {
    const known = await state.get(`${NONCE}${nonce}`);
    if (known) return known.value as number;
    const highest = await state.get(HIGHEST);
    const node = ((highest?.value as number | undefined) ?? 0) + 1;
    if (node > HIGHEST_NODE) {
      throw new CordwoodError('ERR_STORE', `cannot number the spool: all ${HIGHEST_NODE} node numbers are in use`);
    }
    if (!(await state.put(HIGHEST, node, highest?.revision ?? 0))) continue;
    if (await state.put(`${NONCE}${nonce}`, node, 0)) return node;
  }
}

/**
 * Gives the spool the number that it had before the state began again: the last of `nodes`, which have rows in the store.
 * A new spool counts from 1 again, so it gets a number that has no rows.
 */
export async function adoptNode(
  state: StoreState,
  nonce: string,
  { nodes, isNew }: { readonly nodes: readonly number[]; readonly isNew: boolean },
): Promise<void> {
  if (nodes.length === 0) return;
  await state.put(HIGHEST, Math.max(...nodes), 0);
  if (!isNew) await state.put(`${NONCE}${nonce}`, nodes.at(-1), 0);
}

/** Node numbers by the nonces of their spools. @param state the namespace `NODES` */
export async function nodesByNonce(state: StoreState): Promise<Map<string, number>> {
  const entries = await state.scan(NONCE);
  return new Map(entries.map(({ key, value }) => [key.slice(NONCE.length), value as number]));
}

/** The numbers of all nodes that ever wrote to this store. @param state the namespace `NODES` */
export async function knownNodes(state: StoreState): Promise<number[]> {
  return [...(await nodesByNonce(state)).values()];
}

/**
 * A report and its revision, which changes with each report: if it does not change for a while, the
 * node is silent.
 */
export type SeenReport = { readonly report: NodeReport; readonly revision: number };

/** Writes the report of a node; only the node itself does so. */
export async function reportNode(state: StoreState, report: NodeReport): Promise<void> {
  const key = `${REPORT}${report.node}`;
  for (;;) {
    const known = await state.get(key);
    if (await state.put(key, report, known?.revision ?? 0)) return;
  }
}

/** The last report of each node, by number. */
export async function readReports(state: StoreState): Promise<SeenReport[]> {
  const seen = (await state.scan(REPORT)).map(({ value, revision }) => ({ report: value as NodeReport, revision }));
  return seen.sort((a, b) => a.report.node - b.report.node);
}
