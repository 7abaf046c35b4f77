import type { Clock } from '../../base/clock.ts';
import type { StoreState } from '../../store/contract.ts';

type World = { readonly state: StoreState; readonly now: Clock };
type Until = { readonly until: number };

const MUTE = 'mute';
const silenceKey = (rule: string): string => `silence/${rule}`;

/** Until when all notices are muted, ms; undefined if they are not. */
export function mutedUntil(world: World): Promise<number | undefined> {
  return untilOf(world, MUTE);
}

/** Until when the notices of a rule are silenced, ms; undefined if they are not. */
export function silencedUntil(world: World, rule: string): Promise<number | undefined> {
  return untilOf(world, silenceKey(rule));
}

/** Whether the notices of a rule are silenced, or all notices are muted. */
export async function isSilenced(world: World, rule: string): Promise<boolean> {
  const until = await Promise.all([silencedUntil(world, rule), mutedUntil(world)]);
  return until.some((one) => one !== undefined);
}

/** Mutes all notices for this long, ms; 0 ends it. */
export function mute(world: World, ms: number): Promise<void> {
  return setUntil(world, MUTE, ms);
}

/** Silences the notices of a rule for this long, ms; 0 ends it. */
export function silence(world: World, rule: string, ms: number): Promise<void> {
  return setUntil(world, silenceKey(rule), ms);
}

async function untilOf({ state, now }: World, key: string): Promise<number | undefined> {
  const until = ((await state.get(key))?.value as Until | undefined)?.until ?? 0;
  return until > now() ? until : undefined;
}

async function setUntil({ state, now }: World, key: string, ms: number): Promise<void> {
  for (;;) {
    const entry = await state.get(key);
    const value: Until | undefined = ms > 0 ? { until: now() + ms } : undefined;
    if (!entry && !value) return;
    if (await state.put(key, value, entry?.revision ?? 0)) return;
  }
}
