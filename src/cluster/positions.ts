import { SILENT } from '../base/log.ts';
import { lastIdOf, nodeOf } from '../model/id.ts';
import { OtherNodes } from './other-nodes.ts';

/** How far the nodes of a store have stored. */
export type Positions = {
  /** Ids up to which everything is stored, one for each node. */
  readonly visible: () => readonly string[];
  /** The same, but with all messages of nodes that are silent. */
  readonly shown: () => readonly string[];
};

/**
 * Joins our own position with those of the other nodes.
 * @param own how far the node of this data folder has stored; undefined if it has no node
 * @param others the other nodes, or the numbers of those that have ended and store nothing more
 */
export function positionsOf(own: () => string | undefined, others: OtherNodes | readonly number[]): Positions {
  const withOwn = (positions: (end: string | undefined) => readonly string[]) => (): readonly string[] => {
    const end = own();
    return [...positions(end), ...(end === undefined ? [] : [end])];
  };
  if ('visible' in others) {
    return { visible: withOwn((end) => others.visible(end)), shown: withOwn((end) => others.shown(end)) };
  }
  const ended = withOwn(() => others.map(lastIdOf));
  return { visible: ended, shown: ended };
}

/** The positions of all nodes now, for a process that is not a node itself. */
export type CurrentPositions = { readonly visible: readonly string[]; readonly shown: readonly string[] };

/**
 * Reads how far all nodes have stored now.
 * @param own how far the node of this data folder has stored; undefined if it has no node
 * @param ended the numbers of the other nodes, if none of them is running
 */
export async function readPositions(
  store: Parameters<typeof OtherNodes.read>[0]['store'],
  own: string | undefined,
  ended: readonly number[] | undefined,
): Promise<CurrentPositions> {
  const current = ({ visible, shown }: Positions) => ({ visible: visible(), shown: shown() });
  if (ended) return current(positionsOf(() => own, ended));
  const node = own === undefined ? undefined : nodeOf(own);
  await using others = await OtherNodes.read({ store, own: node, oneShot: true, log: SILENT });
  return current(positionsOf(() => own, others));
}
