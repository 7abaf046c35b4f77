import { formatDuration } from '../../base/units.ts';
import type { Expiry, StoreReader, StreamPolicy } from '../contract.ts';

/** Interval at which a running server reads the expiries, ms: an administrator may change an index. */
const INTERVAL_MS = 5 * 60_000;

/**
 * Describes when each collection expires, a line each, and where that differs from the
 * configuration.
 */
export function expiryLines(expiries: readonly Expiry[], streams: readonly StreamPolicy[]): string[] {
  return expiries.map(({ collection, stream, day, after }) => {
    const policy = streams.find(({ name }) => name === stream);
    if (day !== undefined) return `${collection} ${dropText(policy)}`;
    const found = after === undefined ? 'never expires' : `expires ${formatDuration(after)} after arrival`;
    if (!policy || policy.keep === after) return `${collection} ${found}`;
    const wanted = policy.keep === undefined ? 'keeps it for ever' : `says ${formatDuration(policy.keep)}`;
    return `${collection} ${found}, but the configuration ${wanted}: serve changes it at its start and every hour`;
  });
}

function dropText(policy: StreamPolicy | undefined): string {
  if (policy?.keep === undefined) return 'is never dropped';
  return `is dropped as a whole ${formatDuration(policy.keep)} after the end of its day`;
}

/**
 * Keeps the lines of `expiryLines` up to date for the health check; they are empty until the store
 * has answered.
 */
export function watchExpiries(
  store: Pick<StoreReader, 'expiries'>,
  streams: () => readonly StreamPolicy[],
): Disposable & { readonly lines: () => readonly string[] } {
  let expiries: readonly Expiry[] = [];
  const read = async (): Promise<void> => {
    // An unreachable store is reported elsewhere; the last answer stays until the next one.
    expiries = (await store.expiries?.().catch(() => expiries)) ?? [];
  };
  void read();
  const timer = setInterval(() => void read(), INTERVAL_MS);
  return { lines: () => expiryLines(expiries, streams()), [Symbol.dispose]: () => clearInterval(timer) };
}
