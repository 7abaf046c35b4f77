import type { Gap } from '../../account/contract.ts';
import type { LogMessage } from '../../model/message.ts';
import type { ZoneName } from '../args/zone.ts';

/** Options of a format. */
export type FormatOptions = {
  /** The time zone in which times are shown. */
  readonly zone: ZoneName;
  /** Whether the output is shown on a terminal: then nothing in a message may act on it. */
  readonly terminal: boolean;
  readonly color: boolean;
  /** The fields of `--fields`, checked; undefined without the flag. */
  readonly fields: readonly string[] | undefined;
};

/** Turns messages into text, one by one. */
export interface Format {
  /** Written before the first message, with its line feed. */
  readonly head?: string;
  /** The message with its line feed. `context` marks a neighbour of a match. */
  row(message: LogMessage, context: boolean): string | Uint8Array;
  /** Written between separate runs of context; absent in formats for programs. */
  readonly gap?: string;
  /** A line for a gap where messages may be missing, with its line feed; absent in formats for programs. */
  missing?(gap: Gap): string;
}

/** An output format as the registry knows it. */
export type FormatKind = {
  readonly name: string;
  readonly about: string;
  /** Whether it supports `--fields`. */
  readonly fields?: true;
  readonly load: () => Promise<(options: FormatOptions) => Format>;
};
