import type { View } from '../state/address.ts';
import type { Answered } from '../state/search.ts';
import { rfc3339 } from '../time/zone.ts';

/** The search as a command for a shell: `cordwood search -S -1h 'severity:<=err nginx'`. */
export function commandOf({ from, to, query }: View, answered: Answered | undefined, zone: string): string {
  const since =
    /^\d{4}-\d\d-\d\dT/.test(from) && answered?.window.since !== undefined
      ? rfc3339(answered.window.since, zone)
      : from;
  const until = to === '' ? [] : ['-U', quoted(to)];
  const words = query.trim() === '' ? [] : ['--', quoted(query.trim())];
  return ['cordwood', 'search', '-S', quoted(since), ...until, '--timezone', quoted(zone), ...words].join(' ');
}

/** A word as a shell reads it back. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
