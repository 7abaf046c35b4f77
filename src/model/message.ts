import type { NamedValue, NamedValues } from './named-values.ts';
import type { SeverityName } from './priority.ts';

/** The format in which a message was parsed. */
export const FORMATS = ['unknown', 'rfc3164', 'rfc5424'] as const;
type Format = (typeof FORMATS)[number];

/**
 * What is guessed, missing or wrong in a message. The index is the bit in `MessageBatch.flags`:
 * append only.
 */
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

/** The peer that sent a message to this server. An IPv4-mapped IPv6 address is written as IPv4. */
export type Source = {
  readonly ip: string;
  readonly port: number;
  readonly transport: Transport;
  /** The listener's name from the configuration, e.g. `tcp0`. */
  readonly listener: string;
  /** The name in the certificate of the peer, if it has one. */
  readonly peer_cn?: string;
};

/** A peer as its listener knows it. */
export type Peer = Source & {
  /** The name under which what it says about the origin of messages is believed: `relays:` of the listener lists it. */
  readonly relay?: string;
};

export type StructuredParam = NamedValue<string>;
export type StructuredElement = { readonly id: string; readonly params: readonly StructuredParam[] };
/** Parameters by SD-ID, then by PARAM-NAME. */
export type StructuredData = Readonly<Record<string, NamedValues<string>>>;
export type FieldValue = string | number | boolean | null;
export type Field = NamedValue<FieldValue>;
export type Fields = NamedValues<FieldValue>;

/**
 * The one schema of a stored message: in TypeScript, in documents and in `-o json`.
 * A NILVALUE of RFC 5424 is an absent key.
 */
export type LogMessage = {
  /** 32 hex digits, see `id.ts`; their order is arrival order. */
  readonly _id: string;
  /** The time of arrival on the server's clock, in ms. Windows, order and retention use it. */
  readonly received_at: Date;
  /** The time on the sender's clock, or `received_at` if it sent none (flag `no_timestamp`). */
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
  readonly structured_data?: StructuredData;
  /**
   * STRUCTURED-DATA as text, only if `structured_data` does not hold its order: an SD-ID twice, a
   * name twice with others in between, or a name that is a whole number.
   */
  readonly structured_text?: string;
  /** Fields that a stage of the pipeline has extracted from the body. */
  readonly fields?: Fields;
  readonly message: string;
  readonly source: Source;
  readonly stream: string;
  readonly format: Format;
  readonly flags: readonly Flag[];
  /** The full length in bytes, only if the frame was cut. */
  readonly length?: number;
  /** The hold that keeps the message from being deleted, only while one does. */
  readonly held?: string;
  /** The frame as received, only if the fields do not hold all of it (`parse_error`, `invalid_utf8`). */
  readonly raw?: Uint8Array;
};

/** The bit of a flag in `MessageBatch.flags`. */
export function flagBit(flag: Flag): number {
  return 1 << FLAGS.indexOf(flag);
}

/** The flags whose bits are set, in the order of `FLAGS`. */
export function flagsOf(bits: number): Flag[] {
  return FLAGS.filter((_, index) => bits & (1 << index));
}

/** Characters of the parts of a message that may be long; parts that were not read count nothing. */
export function textSize({ message, raw, structured_data, fields }: Partial<LogMessage>): number {
  const named = [structured_data, fields].reduce((sum, each) => sum + (each ? JSON.stringify(each).length : 0), 0);
  return (message?.length ?? 0) + (raw?.length ?? 0) + named;
}
