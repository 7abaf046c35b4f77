import type { LogMessage } from '../../model/message.ts';
import { type Cursor, cursorOf, cutAt, furthest } from '../../model/cursor.ts';
import type { Filter } from '../../model/filter.ts';
import { arrivalOf, encodeId, lastIdOf, nodeOf, sequenceOf } from '../../model/id.ts';
import type { Query } from '../../model/query.ts';
import type { ForwardWorld } from '../world.ts';

/** Messages that are read in one step: in between, it is seen how far everything is. */
const STEP = 20_000;
/** The sequence of a position that is not that of a message. */
const ANY = Number.MAX_SAFE_INTEGER;

/** Reads messages behind a cursor, in the order of arrival. */
export class Reading {
  readonly #world: ForwardWorld;
  readonly #filter: Filter;
  /** Everything up to here was read, in whole steps. */
  cursor: Cursor;
  /** The last message of the step under way that was handled, if any, and up to where the step goes. */
  #passed: string | undefined;
  #end: Cursor = new Map();

  constructor(world: ForwardWorld, filter: Filter, begin: Cursor) {
    this.#world = world;
    this.#filter = filter;
    this.cursor = begin;
  }

  /** Everything up to here was read and handled. */
  get reached(): Cursor {
    return this.#passed === undefined ? this.cursor : furthest(this.cursor, cutAt(this.#end, this.#passed));
  }

  /** Whether nothing is visible that was not read. */
  get isAtEnd(): boolean {
    return this.#world.visible().every((id) => covers(this.cursor, id));
  }

  /** How many messages at most were not read, as far as it is known where reading began. */
  get waiting(): number {
    const reached = this.reached;
    return this.#world.visible().reduce((sum, id) => {
      const read = reached.get(nodeOf(id));
      const isKnown = sequenceOf(id) < ANY && (read === undefined || sequenceOf(read) < ANY);
      return !isKnown || covers(reached, id) ? sum : sum + sequenceOf(id) - (read ? sequenceOf(read) : 0);
    }, 0);
  }

  /**
   * A step up to these ids, in runs of messages, each of which `passed` is called for; afterwards, `cursor` has moved.
   * @returns the last id, if any
   */
  async *step(
    reach: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly LogMessage[], string | undefined> {
    const query = { filter: this.#filter, after: [...this.cursor.values()], upTo: reach } as const;
    const end = cursorOf(reach);
    let count = 0;
    this.#end = end;
    for await (const chunk of this.#world.store.find({ ...query, order: 'oldest', limit: STEP }, signal)) {
      count += chunk.length;
      yield chunk;
    }
    signal.throwIfAborted();
    const last = this.#passed;
    this.#passed = undefined;
    this.cursor = furthest(this.cursor, count < STEP ? end : cutAt(end, last!));
    return last;
  }

  /** A message of the step under way was handled. */
  passed(id: string): void {
    this.#passed = id;
  }

  /** The message with this id; undefined if it is no longer there. */
  async one(id: string, signal: AbortSignal): Promise<LogMessage | undefined> {
    const node = nodeOf(id);
    const others = this.#world.visible().map(nodeOf);
    const after = others.map((each) => (each === node ? idBefore(id) : lastIdOf(each)));
    const query = { filter: { kind: 'all' }, after, upTo: [id], order: 'oldest', limit: 1 } as const;
    for await (const [message] of this.#world.store.find(query, signal))
      return message?._id === id ? message : undefined;
    return undefined;
  }
}

/** Whether everything up to an id was read; the time in it may have gone on without a message. */
export function covers(read: Cursor, id: string): boolean {
  const seen = read.get(nodeOf(id));
  return seen !== undefined && (seen >= id || sequenceOf(seen) === sequenceOf(id));
}

/** The arrival of the first message that a query finds, ms. */
export async function firstArrival(
  { store }: Pick<ForwardWorld, 'store'>,
  query: Omit<Query, 'order' | 'limit'>,
  signal: AbortSignal,
): Promise<number | undefined> {
  for await (const [first] of store.find({ ...query, order: 'oldest', limit: 1 }, signal))
    return first?.received_at.getTime();
  return undefined;
}

/** The highest possible id below this one, of the same node. */
function idBefore(id: string): string {
  const at = arrivalOf(id);
  const sequence = sequenceOf(id);
  return sequence > 0 ? encodeId(at, nodeOf(id), sequence - 1) : encodeId(at - 1, nodeOf(id), Number.MAX_SAFE_INTEGER);
}
