import type { Gap } from '../../account/contract.ts';
import type { LogMessage } from '../../model/message.ts';
import type { ZoneName } from '../args/zone.ts';

/** How rows become text. */
export type FormatOptions = {
  /** The zone that times are shown in. */
  readonly zone: ZoneName;
  /** Whether people look at it: then nothing in a message may act on their terminal. */
  readonly terminal: boolean;
  readonly color: boolean;
  /** The fields asked for with `--fields`, checked; undefined where none were. */
  readonly fields: readonly string[] | undefined;
};

/** Writes messages one by one. */
export interface Format {
  /** What comes before the first message, with its line end. */
  readonly head?: string;
  /** The message with its line end; `context`: it is shown for its neighbour's sake. */
  row(message: LogMessage, context: boolean): string | Uint8Array;
  /** What stands between runs of context; absent where programs read the format. */
  readonly gap?: string;
  /** A line that stands where messages may be missing, with its line end; absent where programs read the format. */
  missing?(gap: Gap): string;
}

/** An output format as the registry knows it. */
export type FormatKind = {
  readonly name: string;
  readonly about: string;
  /** Whether `--fields` means something to it. */
  readonly fields?: true;
  readonly load: () => Promise<(options: FormatOptions) => Format>;
};
