import { DAY, MINUTE } from '../base/units.ts';
import { offsetAt } from '../base/zone.ts';

/** Zones whose offsets agree this long after a time (ms) have the same daylight saving time. */
const SEASONS = [0, 91 * DAY, 182 * DAY, 273 * DAY];

/**
 * Likely zones for every offset; of those that share one, the more common first. No data set says
 * how many clocks run in a zone, so this list is written by hand.
 */
const COMMON: readonly string[] = [
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

/** Zones by offset, for many hosts at once; computed once per quarter of an hour. */
export class ZoneIndex {
  readonly #named: readonly string[];
  readonly #zones = new Map<string, readonly string[]>();

  /** @param named zones that are already in use here, which are the most likely */
  constructor(named: readonly string[]) {
    this.#named = named;
  }

  /**
   * Zones with this offset (ms east of UTC) at a time: the likely one first, then one for each
   * different daylight saving time. Empty if no zone has that offset.
   */
  zones(offset: number, at: number): readonly string[] {
    const key = `${offset} ${Math.floor(at / QUARTER)}`;
    const zones = this.#zones.get(key) ?? this.#search(offset, at);
    this.#zones.set(key, zones);
    return zones;
  }

  #search(offset: number, at: number): string[] {
    const bySeasons = new Map<string, string>();
    for (const zone of [...this.#named, ...COMMON]) {
      if (offsetAt(at, zone) !== offset) continue;
      const seasons = SEASONS.map((later) => offsetAt(at + later, zone)).join();
      if (!bySeasons.has(seasons)) bySeasons.set(seasons, zone);
    }
    return [...bySeasons.values()];
  }
}

/** Offsets change only at multiples of this, ms. */
const QUARTER = 15 * MINUTE;
