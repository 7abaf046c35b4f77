import type { SeverityName } from './priority.ts';

/** How a message's text was understood. */
export const FORMATS = ['unknown', 'rfc3164', 'rfc5424'] as const;
type Format = (typeof FORMATS)[number];

/** What was guessed, missing or wrong about a message. The order is the bit in `MessageBatch.flags`: append only. */
export const FLAGS = [
  'no_pri',
  'no_timestamp',
  'no_hostname',
  'year_guessed',
  'tz_assumed',
  'truncated',
  'partial',
  'invalid_utf8',
  'parse_error',
  'possible_duplicate',
  'clock_skew',
  'clock_not_synced',
  'compressed',
] as const;
export type Flag = (typeof FLAGS)[number];

export const TRANSPORTS = ['udp', 'tcp', 'tls', 'relp'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** Who handed a message to us. An IPv4-mapped IPv6 address is written as IPv4. */
export type Source = {
  readonly ip: string;
  readonly port: number;
  readonly transport: Transport;
  /** The listener's name from the configuration, e.g. `tcp0`. */
  readonly listener: string;
  /** The name in the peer's certificate, where it showed one. */
  readonly peer_cn?: string;
};

export type StructuredParam = { readonly name: string; readonly value: string };
export type StructuredElement = { readonly id: string; readonly params: readonly StructuredParam[] };
export type FieldValue = string | number | boolean | null;
export type Field = { readonly name: string; readonly value: FieldValue };

/**
 * The one schema of a stored message: in TypeScript, in documents and in `-o json`.
 * A NILVALUE of RFC 5424 is an absent key.
 */
export type LogMessage = {
  /** 32 hex digits, see `id.ts`; their order is arrival order. */
  readonly _id: string;
  /** Our clock, ms; what windows, order and retention mean. */
  readonly received_at: Date;
  /** The sender's clock, or `received_at` where it sent none (flag `no_timestamp`). */
  readonly timestamp: Date;
  /** Microseconds 0–999 below the millisecond, only if sent. */
  readonly timestamp_us?: number;
  /** Minutes east of UTC, only if sent. */
  readonly timestamp_offset?: number;
  readonly facility: number;
  readonly severity: number;
  readonly level: SeverityName;
  readonly hostname?: string;
  readonly appname?: string;
  readonly procid?: string;
  readonly msgid?: string;
  readonly version?: number;
  readonly structured_data?: readonly StructuredElement[];
  /** What a pipeline stage took out of a body. */
  readonly fields?: readonly Field[];
  readonly message: string;
  readonly source: Source;
  readonly stream: string;
  readonly format: Format;
  readonly flags: readonly Flag[];
  /** The original length in bytes, only where the frame was cut. */
  readonly length?: number;
  /** The hold that pins it against expiry, only while one does. */
  readonly held?: string;
  /** The frame as it came, only where it adds something (`parse_error`, `invalid_utf8`). */
  readonly raw?: Uint8Array;
};

/** The bit of a flag in `MessageBatch.flags`. */
export function flagBit(flag: Flag): number {
  return 1 << FLAGS.indexOf(flag);
}

/** The flags of a bit set, in the order of `FLAGS`. */
export function flagsOf(bits: number): Flag[] {
  return FLAGS.filter((_, index) => bits & (1 << index));
}
