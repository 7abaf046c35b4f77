import { countOf } from '../base/text.ts';
import { formatCursor } from '../model/cursor.ts';
import { arrivalOf, nodeOf } from '../model/id.ts';
import type { StoreState } from '../store/contract.ts';
import { cursorAt } from './begin.ts';
import { FORWARD } from './contract.ts';
import type { Lane } from './lane/lane.ts';
import { firstArrival } from './lane/reading.ts';
import type { ForwardSettings } from './registry.ts';
import type { Start } from './settings.ts';
import type { ForwardWorld } from './world.ts';

/** Requests lie in the state under this prefix and the name of the destination. */
const ASK = 'ask/';

/** A request of a person: go on from here, for this reason. */
export type Skip = { readonly to: Start; readonly why: string; readonly at: number };

/** Leaves a request for the process that forwards. */
export async function askToSkip(state: StoreState, name: string, skip: Skip): Promise<void> {
  const known = await state.get(ASK + name);
  await state.put(ASK + name, skip, known?.revision ?? 0);
}

/** Whether a request waits. */
export async function isSkipAsked(state: StoreState, name: string): Promise<boolean> {
  return (await state.get(ASK + name)) !== undefined;
}

/** Moves the cursor as a person has asked, before the lanes run, and records what is left out. */
export async function applySkip(
  { name, query }: ForwardSettings,
  lanes: readonly Lane[],
  world: ForwardWorld,
  signal: AbortSignal,
): Promise<void> {
  const state = world.store.state(FORWARD);
  const entry = await state.get(ASK + name);
  if (!entry) return;
  const skip = entry.value as Skip;
  const target = cursorAt(skip.to, world);
  for (const lane of lanes) {
    const { cursor } = lane.position;
    const { filter } = lane;
    const upTo = world.visible().map((id) => target.get(nodeOf(id)) ?? id);
    const wanted = { filter, after: [...cursor.values()], upTo, order: 'oldest' } as const;
    const count = (await world.store.aggregate(wanted, { by: [] }, signal))[0]?.count ?? 0;
    const from = count > 0 ? await firstArrival(world, wanted, signal) : undefined;
    const to = Math.max(...[...target.values()].map(arrivalOf)) + 1;
    if (from !== undefined) await world.note({ from, to, reason: 'not_forwarded', listener: name, count });
    lane.moveTo(target);
    world.log.warn(
      { forward: name, from: formatCursor(cursor), query: query ?? '' },
      `skipped ${countOf(count, 'message')}, as asked: ${skip.why}`,
    );
  }
  await state.put(ASK + name, undefined, entry.revision);
}
