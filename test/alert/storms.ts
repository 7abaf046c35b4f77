import type { Line } from './lab.ts';

/** One rule of each kind that a storm makes fire, judged every minute. */
export const STORM_RULES = [
  { name: 'every', kind: 'match', query: 'refused', schedule: '* * * * *', window: '5m', to: ['ops@example.org'] },
  {
    ...{ name: 'loud', kind: 'count', query: 'severity:<=err', schedule: '* * * * *', window: '10m', above: 5 },
    ...{ by: ['hostname'], repeat: '2m', to: ['ops@example.org'] },
  },
  {
    ...{ name: 'kinds', kind: 'new', query: 'severity:<=err', schedule: '* * * * *', window: '5m', learn: '0s' },
    to: ['ops@example.org'],
  },
];
export const STORM_MINUTES = 10;
export const STORM_HOSTS = 1000;

/** Errors of one minute of a storm, the same number from every host. */
export function* stormLines(minute: number, count: number): Generator<Line> {
  for (let i = 0; i < count; i++) {
    const host = `web${i % STORM_HOSTS}`;
    const ip = `10.${minute}.${i % 256}.${(i >> 8) % 256}`;
    yield {
      host,
      text: `connect() failed (111: Connection refused) while connecting to upstream, client: ${ip}, id ${i}`,
    };
  }
}
