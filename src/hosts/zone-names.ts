import { offsetAt } from '../query/index.ts';

const DAY = 86_400_000;
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
  readonly #offsets = new Map<string, number>();
  readonly #zones = new Map<string, readonly string[]>();

  /** @param named zones that somebody has already named: they are the likeliest */
  constructor(named: readonly string[]) {
    this.#named = named;
  }

  /** ms east of UTC at a time. */
  offset(zone: string, at: number): number {
    return once(this.#offsets, `${zone} ${quarterOf(at)}`, () => offsetAt(at, zone));
  }

  /**
   * Zones that are so far east of UTC (ms) at a time: the likely one first, then one for each other course of the year.
   * Empty where no zone is.
   */
  zones(offset: number, at: number): readonly string[] {
    return once(this.#zones, `${offset} ${quarterOf(at)}`, () => this.#search(offset, at));
  }

  #search(offset: number, at: number): string[] {
    const courses = new Map<string, string>();
    for (const zone of [...this.#named, ...USUAL]) {
      if (this.offset(zone, at) !== offset) continue;
      const course = SEASONS.map((later) => this.offset(zone, at + later)).join();
      if (!courses.has(course)) courses.set(course, zone);
    }
    return [...courses.values()];
  }
}

/** No zone changes its offset within one, ms. */
const QUARTER = 15 * 60_000;

function quarterOf(at: number): number {
  return Math.floor(at / QUARTER);
}

function once<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
