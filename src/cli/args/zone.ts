import { CordwoodError } from '../../base/errors.ts';

/** How wall time is shown: `undefined` is this machine's zone. */
export type ZoneName = string | undefined;

/** Offsets change at quarters of an hour at most. */
const STEP = 900_000;
const MINUTE = 60_000;

/** Gives ms east of UTC at an instant in a zone. @throws CordwoodError ERR_USAGE for an unknown zone */
export function offsetReader(zone: ZoneName): (ms: number) => number {
  if (zone === undefined) return (ms) => -new Date(ms).getTimezoneOffset() * MINUTE;
  if (zone === 'UTC') return () => 0;
  const format = zoneFormat(zone);
  let from = Number.NaN;
  let offset = 0;
  return (ms) => {
    const step = Math.floor(ms / STEP);
    if (step !== from) {
      from = step;
      offset = offsetOf(format, ms);
    }
    return offset;
  };
}

function zoneFormat(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch (cause) {
    const message = `cannot show times in ${JSON.stringify(zone)}: there is no such zone; write e.g. Europe/Berlin or UTC`;
    throw new CordwoodError('ERR_USAGE', message, { cause });
  }
}

function offsetOf(format: Intl.DateTimeFormat, ms: number): number {
  const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes = '0', seconds = '0'] = /([+-])(\d+):?(\d+)?:?(\d+)?/.exec(name) ?? [];
  if (hours === undefined) return 0;
  const size = (Number(hours) * 60 + Number(minutes)) * MINUTE + Number(seconds) * 1000;
  return sign === '-' ? -size : size;
}
