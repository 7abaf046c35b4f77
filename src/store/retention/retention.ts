import type { Filter } from '../../model/filter.ts';
import type { Query } from '../../model/query.ts';
import {
  type Excess,
  type Hold,
  IMPORTANCES,
  type Removal,
  type RemovalCause,
  type Retention,
  type RetentionEdge,
  type StreamPolicy,
} from './contract.ts';

/** What retention deletes as a whole: a day of a stream, or a part of one. */
export type RetentionUnit = {
  readonly stream: string;
  /** All its messages arrived before this, ms. */
  readonly end: number;
  readonly bytes: number;
  /**
   * Whether it may be deleted; `past`: only once past its `keep`, because it is the newest unit of
   * its stream.
   */
  readonly removable: 'never' | 'past' | 'always';
  /** Whether a hold pins a message in it; called only if the unit would be deleted. */
  pinned(): boolean;
};

export type Judgement<Each extends RetentionUnit> = {
  readonly remove: readonly { readonly unit: Each; readonly why: RemovalCause }[];
  readonly exceeded: readonly Excess[];
  /** What is left once these are deleted: pass it to the next `judge`. */
  readonly left: Sizes;
};

/** Bytes by stream. */
export type Sizes = ReadonlyMap<string, number>;

/**
 * Units to delete as of `now`: those past their `keep`, then the oldest over a `max_size`, then
 * over `max_disk`.
 * @param before what the last `judge` left; undefined if this is the first one
 */
export function judge<Each extends RetentionUnit>(
  units: readonly Each[],
  retention: Retention,
  now: number,
  before?: Sizes,
): Judgement<Each> {
  const { streams, maxDisk } = retention;
  const policies = new Map(streams.map((policy) => [policy.name, policy]));
  const remove: { unit: Each; why: RemovalCause }[] = [];
  const left = new Set(units);
  const grown = growthOf(units, before);
  const drop = (unit: Each, why: RemovalCause): void => {
    left.delete(unit);
    remove.push({ unit, why });
  };
  for (const unit of units) {
    const keep = policies.get(unit.stream)?.keep ?? Infinity;
    if (unit.removable !== 'never' && unit.end <= now - keep && !unit.pinned()) drop(unit, 'keep');
  }
  const exceeded: Excess[] = [];
  for (const { name, maxSize } of streams) {
    if (maxSize === undefined) continue;
    const own = oldestFirst([...left].filter(({ stream }) => stream === name));
    const excess = shrink(own, { allowed: maxSize, grown: grown(name) }, (unit) => drop(unit, 'max_size'));
    if (excess) exceeded.push({ limit: 'max_size', stream: name, ...excess });
  }
  if (maxDisk !== undefined) {
    const rank = ({ stream }: Each): number => rankOf(policies.get(stream));
    const all = oldestFirst([...left]).sort((a, b) => rank(a) - rank(b));
    const excess = shrink(all, { allowed: maxDisk, grown: grown() }, (unit) => drop(unit, 'max_disk'));
    if (excess) exceeded.push({ limit: 'max_disk', ...excess });
  }
  return { remove, exceeded, left: sizesOf(left) };
}

function sizesOf(units: Iterable<RetentionUnit>): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { stream, bytes } of units) sizes.set(stream, (sizes.get(stream) ?? 0) + bytes);
  return sizes;
}

/** How many bytes a stream, or all of them together, gained since the last run. */
function growthOf(units: Iterable<RetentionUnit>, before: Sizes | undefined): (stream?: string) => number {
  const sizes = before ? sizesOf(units) : new Map<string, number>();
  const of = (stream: string): number => Math.max(0, (sizes.get(stream) ?? 0) - (before?.get(stream) ?? 0));
  return (stream) => (stream === undefined ? [...sizes.keys()].reduce((sum, name) => sum + of(name), 0) : of(stream));
}

/**
 * Drops units in order until the others fit. If that is more than half of what there is, the limit
 * was lowered, perhaps by mistake: then one unit, and further ones for what arrived meanwhile.
 * @returns what still exceeds the limit
 */
function shrink<Each extends RetentionUnit>(
  units: readonly Each[],
  { allowed, grown }: { readonly allowed: number; readonly grown: number },
  drop: (unit: Each) => void,
): Omit<Excess, 'limit' | 'stream'> | undefined {
  let bytes = units.reduce((sum, unit) => sum + unit.bytes, 0);
  let heldBytes = 0;
  const atMost = allowed < bytes / 2 ? grown : Infinity;
  let dropped = 0;
  let goesOn = false;
  for (const unit of units) {
    if (bytes <= allowed) return undefined;
    if (unit.removable !== 'always') continue;
    goesOn = dropped > 0 && dropped >= atMost;
    if (goesOn) break;
    if (unit.pinned()) {
      heldBytes += unit.bytes;
      continue;
    }
    drop(unit);
    dropped += unit.bytes;
    bytes -= unit.bytes;
  }
  return bytes > allowed ? { bytes, allowed, heldBytes, goesOn } : undefined;
}

function oldestFirst<Each extends RetentionUnit>(units: readonly Each[]): Each[] {
  return units.toSorted((a, b) => a.end - b.end);
}

/** The order in which streams are deleted from: the lowest rank first. */
function rankOf(policy: StreamPolicy | undefined): number {
  return IMPORTANCES.indexOf(policy?.importance ?? 'normal');
}

/** Sums removals of the same stream, day and cause. */
export function sumRemovals(removals: readonly Removal[]): Removal[] {
  const groups = Map.groupBy(removals, ({ stream, day, why }) => `${stream} ${day} ${why}`);
  return Array.from(groups.values(), (together) => ({
    ...together[0]!,
    messages: together.reduce((sum, { messages }) => sum + messages, 0),
    bytes: together.reduce((sum, { bytes }) => sum + bytes, 0),
    until: Math.max(...together.map(({ until }) => until)),
  }));
}

/** The namespace of the store's state with the `RetentionEdge` of each stream. */
export const RETENTION_STATE = 'retention';

/** The later of two edges of one stream; undefined if both are. */
export function laterEdge(a: RetentionEdge | undefined, b: RetentionEdge | undefined): RetentionEdge | undefined {
  return a && (!b || a.until >= b.until) ? a : b;
}

/**
 * The query for messages before the edge (ms), which only holds still show; undefined if no hold
 * can show any.
 */
export function heldBefore(edge: number, query: Query, holds: readonly Hold[]): Query | undefined {
  const until = Math.min(edge, query.until ?? Infinity);
  const near = holds.filter((hold) => (hold.since ?? 0) < until && (hold.until ?? Infinity) > (query.since ?? 0));
  if (near.length === 0 || until <= (query.since ?? 0)) return undefined;
  return { ...query, until, filter: { kind: 'and', of: [query.filter, heldFilter(near)] } };
}

/** What holds pin, as a filter that includes the time bounds of each hold. */
export function heldFilter(holds: readonly Hold[]): Filter {
  const each = holds.map(({ since, until, filter }): Filter => {
    const bounds: Filter = {
      kind: 'range',
      field: 'received_at',
      ...(since !== undefined && { min: since }),
      ...(until !== undefined && { max: until, excludeMax: true }),
    };
    return { kind: 'and', of: [bounds, filter] };
  });
  return each.length === 1 ? each[0]! : { kind: 'or', of: each };
}
