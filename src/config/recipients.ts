import type { Settings } from './settings.ts';

type Recipients = Pick<Settings, 'alerts' | 'silence' | 'digest' | 'notifiers' | 'mail'>;

/** Recipients that cannot be notified, each with the reason. */
export function unreachable({ alerts, silence, digest, notifiers, mail }: Recipients): string[] {
  const known = new Set(notifiers.map(({ name }) => name));
  const all = [...alerts.flatMap(({ to }) => to), ...silence.to, ...digest.to];
  return [...new Set(all)].flatMap((recipient) => {
    if (recipient.includes('@')) return mail ? [] : [`cannot notify ${recipient}: the configuration has no mail:`];
    return known.has(recipient) ? [] : [`cannot notify ${recipient}: no entry of notifiers: has this name`];
  });
}
