import { computed, signal } from '@preact/signals';
import { browserZone, knownZone } from '../time/zone.ts';
import { readAddress, type View, writeAddress } from './address.ts';

/** The path of the address: which screen is shown. */
export const path = signal(location.pathname);

/** What the address says of the search. Change it by `change` or `go`, never in place. */
export const view = signal<View>(readAddress(location.search));

/** The time zone of everything shown. */
export const zone = computed(() => knownZone(view.value.zone || browserZone()) ?? 'UTC');

/** Raised to search again, also when nothing of the address changed. */
export const runs = signal(0);

/** Changes what is seen, without a step for the browser's Back. */
export function change(patch: Partial<View>): void {
  view.value = { ...view.value, ...patch };
  history.replaceState(null, '', addressNow());
}

/** Changes what is searched: a step that Back undoes. */
export function go(patch: Partial<View>): void {
  view.value = { ...view.value, ...patch };
  const address = addressNow();
  if (address !== location.pathname + location.search) history.pushState(null, '', address);
  runs.value++;
}

/** Shows another screen, or the search with what these parts of an address say. */
export function navigate(to: string): void {
  const url = new URL(to, location.href);
  history.pushState(null, '', url.pathname + url.search);
  readLocation();
}

/** Lets links of the page change the screen without loading the page again. */
export function followLinks(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlain || event.defaultPrevented || link.target || link.hasAttribute('download')) return;
  if (link.origin !== location.origin || link.pathname.startsWith('/api/')) return;
  event.preventDefault();
  navigate(link.href);
}

addEventListener('popstate', readLocation);

function readLocation(): void {
  const next = readAddress(location.search);
  const isOther = writeAddress({ ...next, selected: '' }) !== writeAddress({ ...view.value, selected: '' });
  path.value = location.pathname;
  view.value = next;
  if (isOther) runs.value++;
}

function addressNow(): string {
  const text = writeAddress(view.value);
  return location.pathname + (text && `?${text}`);
}
