import { flagBit } from '../model/message.ts';

/** Bits of `MessageBatch.flags` that parsing sets or reads. */
export const BIT = {
  noPri: flagBit('no_pri'),
  noTimestamp: flagBit('no_timestamp'),
  noHostname: flagBit('no_hostname'),
  yearGuessed: flagBit('year_guessed'),
  tzAssumed: flagBit('tz_assumed'),
  truncated: flagBit('truncated'),
  partial: flagBit('partial'),
  invalidUtf8: flagBit('invalid_utf8'),
  parseError: flagBit('parse_error'),
  clockSkew: flagBit('clock_skew'),
  clockNotSynced: flagBit('clock_not_synced'),
  compressed: flagBit('compressed'),
} as const;

/** Values of `MessageBatch.format`: indices into `FORMATS`. */
export const FORMAT = { unknown: 0, rfc3164: 1, rfc5424: 2 } as const;

/** A sender's clock counts as wrong if its time stamps are further than this from the arrival, ms. */
export const SKEW = {
  /** Clocks that drift are wrong by seconds only. */
  ahead: 5 * 60_000,
  /** An agent's queue may delay lines by hours. A wrong zone shifts them by at most 14 h. */
  behind: 24 * 3_600_000,
} as const;
