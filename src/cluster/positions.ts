import { type Logger, SILENT } from '../base/log.ts';
import { idOf, lastIdOf, nodeOf } from '../model/id.ts';
import type { VisibleCell } from '../model/visible.ts';
import { NODES } from './contract.ts';
import { knownNodes } from './nodes.ts';
import { OtherNodes } from './other-nodes.ts';

/** How far the nodes of a store have stored. */
type Positions = {
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
function positionsOf(own: () => string | undefined, others: OtherNodes | readonly number[]): Positions {
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

/** The positions of all nodes while the node of this process runs. */
export type LivePositions = Positions &
  AsyncDisposable & {
    /** Resolves when `visible()` differs from `seen`, after `timeoutMs`, or when `signal` aborts. */
    readonly changed: (seen: readonly string[], signal: AbortSignal, timeoutMs: number) => Promise<void>;
  };

/**
 * Follows how far all nodes have stored, beside the writer of this process. @param cell how far it
 * has stored @param isShared whether other processes write to the store @throws if the store cannot be read
 */
export async function followPositions({
  store,
  node,
  cell,
  isShared,
  log,
}: {
  readonly store: Parameters<typeof OtherNodes.read>[0]['store'];
  readonly node: number;
  readonly cell: VisibleCell;
  readonly isShared: boolean;
  readonly log: Logger;
}): Promise<LivePositions> {
  const others = await OtherNodes.read({ store, own: node, log });
  if (isShared) others.watch();
  // An embedded store has one writer at a time: the other nodes it knows have ended.
  const ended = isShared ? [] : (await knownNodes(store.state(NODES))).filter((one) => one !== node);
  const own = (): string => {
    store.advanceClusterTime?.(cell.clusterTime);
    return idOf(cell.position ?? { receivedAt: 0, node, sequence: 0 });
  };
  const positions = positionsOf(own, isShared ? others : ended);
  return {
    ...positions,
    changed: async (seen, signal, timeoutMs) => {
      const before = cell.version;
      if (String(seen) === String(positions.visible())) await cell.changed(before, timeoutMs, signal);
    },
    [Symbol.asyncDispose]: () => others[Symbol.asyncDispose](),
  };
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
