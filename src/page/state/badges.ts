import { computed, effect, signal } from '@preact/signals';
import { ask } from '../api/client.ts';
import type { Alerts, Hosts } from '../api/operations.ts';
import { answered, failure } from './search.ts';
import { session } from './session.ts';
import { path } from './view.ts';

/** How often what is up is asked for while the page is looked at, ms. */
const EVERY = 60_000;

const silent = signal(0);
const firing = signal(0);

/** `2 silent`; empty if none is. */
export const silentHosts = computed(() => (silent.value > 0 ? `${silent.value} silent` : ''));
/** How many rules fire. */
export const firingRules = computed(() => (firing.value > 0 ? String(firing.value) : ''));

/** Whether no first search is under way, which would have to wait for what is asked beside it. */
const isFree = computed(() => path.value !== '/' || answered.value !== undefined || failure.value !== undefined);

/** Keeps the numbers in the top bar; users who see only some messages have none. */
export function keepBadges(): void {
  effect(() => {
    const isAllowed = session.value !== undefined && session.value.only === undefined;
    silent.value = 0;
    firing.value = 0;
    if (!isAllowed || !isFree.value) return;
    void count();
    const timer = setInterval(() => document.hidden || void count(), EVERY);
    return () => clearInterval(timer);
  });
}

async function count(): Promise<void> {
  const [hosts, alerts] = await Promise.all([
    ask<Hosts>('hosts', { silent: true }).catch(() => undefined),
    ask<Alerts>('alerts').catch(() => undefined),
  ]);
  silent.value = hosts?.items.length ?? 0;
  firing.value = alerts?.items.filter(({ incident }) => incident?.state === 'open').length ?? 0;
}
