import { CordwoodError } from '../base/errors.ts';
import type { StoreState } from '../store/contract.ts';
import type { NodeReport } from './contract.ts';

/** Two of the sixteen bytes of an id. */
const HIGHEST_NODE = 0xffff;

/**
 * The number of the spool that a nonce names; a nonce never seen takes the next free one, also where several ask at
 * once. @param state the namespace kept for this, the same for all receivers of a store
 */
export async function nodeNumber(state: StoreState, nonce: string): Promise<number> {
  for (;;) {
    const known = await state.get(`nonce/${nonce}`);
    if (known) return known.value as number;
    const highest = await state.get('highest');
    const node = ((highest?.value as number | undefined) ?? 0) + 1;
    if (node > HIGHEST_NODE) {
      throw new CordwoodError('ERR_STORE', `cannot number the spool: all ${HIGHEST_NODE} numbers of nodes are taken`);
    }
    if (!(await state.put('highest', node, highest?.revision ?? 0))) continue;
    if (await state.put(`nonce/${nonce}`, node, 0)) return node;
  }
}

/** The numbers of all nodes that ever wrote here, from the namespace that `nodeNumber` keeps. */
export async function knownNodes(state: StoreState): Promise<number[]> {
  return (await state.scan('nonce/')).map((entry) => entry.value as number);
}

/** A report, and a mark that is another one with each report: who sees it unchanged for a while knows it is silent. */
export type SeenReport = { readonly report: NodeReport; readonly revision: number };

/** Writes a node's report; only the node itself does. */
export async function reportNode(state: StoreState, report: NodeReport): Promise<void> {
  const key = `node/${report.node}`;
  for (;;) {
    const known = await state.get(key);
    if (await state.put(key, report, known?.revision ?? 0)) return;
  }
}

/** The reports of all nodes that ever made one, by number. */
export async function readReports(state: StoreState): Promise<SeenReport[]> {
  const seen = (await state.scan('node/')).map(({ value, revision }) => ({ report: value as NodeReport, revision }));
  return seen.sort((a, b) => a.report.node - b.report.node);
}
