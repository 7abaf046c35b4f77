import { DAY, MINUTE } from '../base/units.ts';
import { offsetAt } from '../base/zone.ts';

/** A quarter of a year and its multiples: zones that agree at all of them keep the same summer time. */
const SEASONS = [0, 91 * DAY, 182 * DAY, 273 * DAY];

/**
 * Zones that people are likely to mean, for every offset there is: of those that share one, the more usual first. No
 * list tells how many clocks run in a zone, so this one is written by hand.
 */
const USUAL: readonly string[] = [
  ...['UTC', 'Europe/London', 'Europe/Berlin', 'Europe/Athens', 'Europe/Istanbul', 'Europe/Moscow', 'Asia/Dubai'],
  ...['Asia/Karachi', 'Asia/Kolkata', 'Asia/Kathmandu', 'Asia/Dhaka', 'Asia/Yangon', 'Asia/Bangkok', 'Asia/Shanghai'],
  ...['Asia/Tokyo', 'Australia/Sydney', 'Pacific/Auckland', 'America/New_York', 'America/Chicago', 'America/Denver'],
  ...['America/Los_Angeles', 'America/Anchorage', 'Pacific/Honolulu', 'America/Halifax', 'America/St_Johns'],
  ...['America/Sao_Paulo', 'America/Mexico_City', 'America/Bogota', 'America/Caracas', 'America/Phoenix'],
  ...['America/Argentina/Buenos_Aires', 'Africa/Lagos', 'Africa/Johannesburg', 'Africa/Cairo', 'Africa/Nairobi'],
  ...['Asia/Jerusalem', 'Asia/Tehran', 'Asia/Kabul', 'Asia/Tashkent', 'Asia/Singapore', 'Australia/Perth'],
  ...['Australia/Brisbane', 'Australia/Adelaide', 'Australia/Darwin', 'Australia/Eucla', 'Australia/Lord_Howe'],
  ...['Pacific/Guadalcanal', 'Pacific/Fiji', 'Pacific/Tongatapu', 'Pacific/Chatham', 'Pacific/Kiritimati'],
  ...['Atlantic/Azores', 'Atlantic/Cape_Verde', 'America/Nuuk', 'America/Noronha', 'Pacific/Marquesas'],
  ...['Pacific/Gambier', 'Pacific/Pitcairn', 'Pacific/Pago_Pago'],
];

/** Offsets of zones and zones of offsets, for many hosts at once: each is looked up once in a quarter of an hour. */
export class ZoneBook {
  readonly #named: readonly string[];
  readonly #zones = new Map<string, readonly string[]>();

  /** @param named zones that somebody has already named: they are the likeliest */
  constructor(named: readonly string[]) {
    this.#named = named;
  }

  /**
   * Zones that are so far east of UTC (ms) at a time: the likely one first, then one for each other course of the year.
   * Empty where no zone is.
   */
  zones(offset: number, at: number): readonly string[] {
    const key = `${offset} ${Math.floor(at / QUARTER)}`;
    const zones = this.#zones.get(key) ?? this.#search(offset, at);
    this.#zones.set(key, zones);
    return zones;
  }

  #search(offset: number, at: number): string[] {
    const courses = new Map<string, string>();
    for (const zone of [...this.#named, ...USUAL]) {
      if (offsetAt(at, zone) !== offset) continue;
      const course = SEASONS.map((later) => offsetAt(at + later, zone)).join();
      if (!courses.has(course)) courses.set(course, zone);
    }
    return [...courses.values()];
  }
}

/** No zone changes its offset within a quarter of an hour, ms. */
const QUARTER = 15 * MINUTE;
