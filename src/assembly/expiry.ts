import { reasonOf } from '../base/errors.ts';
import { formatDuration } from '../base/units.ts';
import { retentionOf, type Settings } from '../config/index.ts';
import type { Expiry, StoreReader, StreamPolicy } from '../store/contract.ts';
import { storeOf } from './stores.ts';

/** How often a running server looks again, ms: anyone may change an index. */
const AGAIN_MS = 5 * 60_000;

/** When which collection expires, in plain lines, and where that is not what the configuration says. */
export function expiryLines(expiries: readonly Expiry[], streams: readonly StreamPolicy[]): string[] {
  return expiries.map(({ collection, stream, day, after }) => {
    const policy = streams.find(({ name }) => name === stream);
    if (day !== undefined) return `${collection} is dropped whole${lifeOf(policy)}`;
    const found = after === undefined ? 'never expires' : `expires ${formatDuration(after)} after arrival`;
    if (!policy || policy.keep === after) return `${collection} ${found}`;
    const wanted = policy.keep === undefined ? 'keeps it for ever' : `says ${formatDuration(policy.keep)}`;
    return `${collection} ${found}, but the configuration ${wanted}: serve changes it at its start and every hour`;
  });
}

function lifeOf(policy: StreamPolicy | undefined): string {
  return policy?.keep === undefined ? ' by nobody' : ` ${formatDuration(policy.keep)} after the end of its day`;
}

/** What `check-config` says of the store as it is, empty where there is nothing to say. */
export async function checkStore(settings: Settings): Promise<string[]> {
  if (settings.store.kind === 'embedded') return [];
  try {
    const { openReader } = await storeOf(settings);
    await using store = await openReader({ ...retentionOf(settings), folder: settings.data, now: Date.now });
    const found = expiryLines((await store.expiries?.()) ?? [], settings.streams);
    return found.length > 0 ? found : ['the store has no collection yet: serve makes them'];
  } catch (error) {
    return [`cannot look into the store: ${reasonOf(error)}`];
  }
}

/** Keeps up with when collections expire, for the health check; empty until the store has answered. */
export function watchExpiries(
  store: Pick<StoreReader, 'expiries'>,
  streams: () => readonly StreamPolicy[],
): Disposable & { readonly lines: () => readonly string[] } {
  let expiries: readonly Expiry[] = [];
  const look = async (): Promise<void> => {
    // What cannot be asked now is asked again; whether the store is there is told by other means.
    expiries = (await store.expiries?.().catch(() => expiries)) ?? [];
  };
  void look();
  const timer = setInterval(() => void look(), AGAIN_MS);
  return { lines: () => expiryLines(expiries, streams()), [Symbol.dispose]: () => clearInterval(timer) };
}
