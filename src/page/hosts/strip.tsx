import type { ShownHost } from '../api/operations.ts';
import { offsetAt, span } from '../time/zone.ts';
import { hourName, hourOfWeek, inZone, levelOf, silencesOf } from './week.ts';

const WEEK = 604_800_000;
const LEVELS = [1, 2, 3, 4] as const;
const HEIGHT = 16;

type StripProps = { readonly host: ShownHost; readonly zone: string; readonly now: number };

/** The rhythm of a host as a week from Monday: the darker an hour, the more often it sends. Its silence is marked. */
export function Strip({ host, zone, now }: StripProps) {
  const offset = offsetAt(now, zone);
  const silences = inZone(silencesOf(host.rhythm), offset);
  if (silences.length === 0) return <span class="hint">{host.messages === 0 ? 'never sent' : 'not known yet'}</span>;
  const hourAt = (event: PointerEvent): number => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return Math.min(167, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * 168)));
  };
  return (
    <svg
      class="strip-week"
      viewBox={`0 0 168 ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={sentenceOf(silences)}
      onPointerMove={(event) => {
        const hour = hourAt(event);
        event.currentTarget.querySelector('title')!.textContent = titleOf(silences, hour);
      }}
    >
      <title>{sentenceOf(silences)}</title>
      {LEVELS.map((level) => (
        <path key={level} class={`week-${level}`} d={hoursOf(silences, level)} />
      ))}
      <path class="week-days" d={[24, 48, 72, 96, 120, 144].map((hour) => `M${hour} 0v${HEIGHT}`).join('')} />
      {host.silentSince !== undefined && host.last > 0 && now - host.last < WEEK && (
        <path class="week-silent" d={silenceOf(hourOfWeek(host.last, offset), (now - host.last) / 3_600_000)} />
      )}
      <path class="week-now" d={`M${hourOfWeek(now, offset)} 0v${HEIGHT}`} />
    </svg>
  );
}

/** The hours of one level as one shape: a row of a long table stays a few elements. */
function hoursOf(silences: readonly number[], level: number): string {
  return silences.map((silence, hour) => (levelOf(silence) === level ? `M${hour} 2h1v12h-1z` : '')).join('');
}

/** A line below the hours of the present silence; it may go on from Sunday to Monday. */
function silenceOf(from: number, length: number): string {
  const first = Math.min(length, 168 - from);
  return `M${from} 15h${Math.max(1, first)}${length > first ? `M0 15h${length - first}` : ''}`;
}

function titleOf(silences: readonly number[], hour: number): string {
  const silence = silences[hour]!;
  return `${hourName(hour)}: ${silence === 0 ? 'nothing known' : `silent for ${span(silence)} at most, usually`}`;
}

function sentenceOf(silences: readonly number[]): string {
  const known = silences.filter((silence) => silence > 0);
  const [shortest, longest] = [Math.min(...known), Math.max(...known)];
  if (known.length === 0) return 'no rhythm known yet';
  return shortest === longest
    ? `usually silent for at most ${span(longest)}`
    : `usually silent for at most ${span(shortest)} to ${span(longest)}, by the hour of the week`;
}
