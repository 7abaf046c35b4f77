import type { Settings } from './settings.ts';

type Told = Pick<Settings, 'alerts' | 'silence' | 'digest' | 'notifiers' | 'mail'>;

/** Who could not be told anything, each with the reason and the remedy; empty where everybody can. */
export function unreachable({ alerts, silence, digest, notifiers, mail }: Told): string[] {
  const known = new Set(notifiers.map(({ name }) => name));
  const all = [...alerts.flatMap(({ to }) => to), ...silence.to, ...digest.to];
  return [...new Set(all)].flatMap((recipient) => {
    if (recipient.includes('@'))
      return mail ? [] : [`${recipient} cannot be told: there is no mail: to send it through`];
    return known.has(recipient) ? [] : [`${recipient} cannot be told: no entry of notifiers: has this name`];
  });
}
