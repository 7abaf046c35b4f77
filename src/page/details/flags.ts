import type { Flag } from '../../model/message.ts';

/** What each flag of a message means, in a sentence. */
export const FLAG_TEXTS: Readonly<Record<Flag, string>> = {
  no_pri: 'It had no priority in front.',
  no_timestamp: 'It had no timestamp; the time of arrival is used.',
  no_hostname: 'It named no host.',
  year_guessed: 'Its timestamp had no year.',
  tz_assumed: 'Its timestamp had no time zone.',
  truncated: 'It was cut at the limit of the listener.',
  partial: 'The connection closed in the middle of it.',
  invalid_utf8: 'It has bytes that are not UTF-8; the download has them as they came.',
  parse_error: 'It could not be parsed; the text is the whole line.',
  possible_duplicate: 'It may have been received before, because a connection broke.',
  clock_skew: "Its sender's clock is far from the clock of this server.",
  clock_not_synced: 'Its sender reports that its clock is not synchronized.',
  compressed: 'It was sent compressed.',
};
