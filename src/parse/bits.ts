import { flagBit } from '../model/message.ts';

/** The bits of `MessageBatch.flags` that parsing sets or reads. */
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

/** The sender's clock counts as wrong so far (ms) from arrival. */
export const SKEW = {
  /** Clocks drift by seconds. */
  ahead: 5 * 60_000,
  /** An agent's queue may bring lines hours late; a wrong zone is at most 14 h off. */
  behind: 24 * 3_600_000,
} as const;
