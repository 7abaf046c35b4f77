import { lastIdOf } from '../model/id.ts';
import type { OtherNodes } from './other-nodes.ts';

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
