import { HOUR, MINUTE } from '../../base/units.ts';
import { zoneNamed } from '../../base/zone.ts';
import { cron } from './cron.ts';

const HOURS = 24;

/** The minutes at which a rule is judged. */
export interface Schedule {
  /** The ticks after `from` up to `to`, ms, in order; `limit` at most, the earliest of them. */
  ticks(from: number, to: number, limit?: number): number[];
}

/** What is wrong with a cron expression; undefined if it is valid. */
export function scheduleFault(expression: string): string | undefined {
  if (expression.trim().split(/\s+/).length !== 5) {
    return 'it does not have five fields; write minute, hour, day of month, month and day of week, e.g. */5 * * * *';
  }
  const { valid, errors } = cron().validateDetailed(expression);
  return valid ? undefined : errors.map(({ message }) => plain(message)).join('; ');
}

/** What each field of a schedule takes. */
const FIELDS: Readonly<Record<string, string>> = {
  minute: 'the minute, which is 0 to 59',
  hour: 'the hour, which is 0 to 23',
  'day of month': 'the day of the month, which is 1 to 31',
  month: 'the month, which is 1 to 12 or jan to dec',
  'week day': 'the day of the week, which is 0 to 7 or sun to sat',
};

/** The parser's message in our words. */
function plain(message: string): string {
  const [, value, field = ''] = /^(.*) is a invalid expression for (.*)$/.exec(message) ?? [];
  return value === undefined ? message : `${value} is not a value for ${FIELDS[field] ?? field}`;
}

/** The first ticks after a time (ms), at most as many as asked for; none that is further than `within` (ms). */
export function nextTicks(
  { schedule, timezone }: { readonly schedule: string; readonly timezone?: string | undefined },
  { from, most, within }: { readonly from: number; readonly most: number; readonly within: number },
): number[] {
  return createSchedule(schedule, timezone).ticks(from, from + within, most);
}

/**
 * If days of the month and days of the week are both restricted, a day of either kind counts; a
 * field with a `*`, such as every second day, does not restrict in this sense (crontab(5)).
 */
function alternatives(expression: string): string[] {
  const [minute, hour, day = '*', month, weekday = '*'] = expression.trim().split(/\s+/);
  const isRestricted = (field: string): boolean => !/[*?]/.test(field);
  if (!isRestricted(day) || !isRestricted(weekday)) return [expression];
  return [`${minute} ${hour} ${day} ${month} *`, `${minute} ${hour} * ${month} ${weekday}`];
}

/**
 * A cron expression (crontab(5), five fields) on the clock of a zone. Each wall-clock minute that
 * it names comes once a day, all year: one that the clock skips in spring comes right after the
 * skip, one that comes twice in autumn counts the first time. If the expression names every hour,
 * the second time counts too.
 */
export function createSchedule(expression: string, zone: string | undefined): Schedule {
  const { minute, hour } = cron().parse(expression);
  const minutes = new Set<number>(minute);
  const tasks = alternatives(expression).map((one) => cron().createTask(one, () => {}, { timezone: 'UTC' }));
  const fixedHours = hour.length < HOURS;
  const names = (wall: number): boolean =>
    minutes.has(Math.floor(wall / MINUTE) % 60) && tasks.some((task) => task.match(new Date(wall)));
  const named = zoneNamed(zone);
  const offsetOf = (at: number): number => named.offsetAt(at);
  const isTick = (at: number): boolean => {
    const offset = offsetOf(at);
    const before = offsetOf(at - MINUTE);
    if (fixedHours && before < offset && skipped(at - MINUTE + before, at + offset).some(names)) return true;
    return names(at + offset) && !(fixedHours && isSecond(at, offset, offsetOf));
  };
  return {
    ticks(from, to, limit = Infinity) {
      const found: number[] = [];
      const first = (Math.floor(from / MINUTE) + 1) * MINUTE;
      for (let at = first; at <= to && found.length < limit; at += MINUTE) if (isTick(at)) found.push(at);
      return found;
    },
  };
}

/** The wall-clock minutes that the clock skipped between two consecutive minutes. */
function skipped(last: number, next: number): number[] {
  const minutes: number[] = [];
  for (let wall = last + MINUTE; wall < next; wall += MINUTE) minutes.push(wall);
  return minutes;
}

/** Whether the clock showed the same time earlier, before it was put back. */
function isSecond(at: number, offset: number, offsetOf: (at: number) => number): boolean {
  const earlier = offsetOf(at - 3 * HOUR);
  if (earlier <= offset) return false;
  return offsetOf(at - (earlier - offset)) === earlier;
}
