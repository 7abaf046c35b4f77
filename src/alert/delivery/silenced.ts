import type { AlertWorld } from '../contract.ts';

/** Whether somebody wants to hear nothing of a rule for now, or of anything. */
export async function isSilenced({ state, now }: AlertWorld, rule: string): Promise<boolean> {
  const entries = await Promise.all([state.get(`silence/${rule}`), state.get('mute')]);
  return entries.some((entry) => entry !== undefined && (entry.value as { until: number }).until > now());
}
