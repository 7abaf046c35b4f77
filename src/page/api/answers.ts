import type { Account, Gap } from '../../account/contract.ts';
import type { LogMessage } from '../../model/message.ts';

/** A value as JSON carries it: dates are text, bytes are base64. */
type Json<Value> = Value extends Date
  ? string
  : Value extends Uint8Array
    ? string
    : Value extends object
      ? { readonly [Key in keyof Value]: Json<Value[Key]> }
      : Value;

/** A message of an answer. */
export type Message = Json<LogMessage>;

/** A row of a list: a message, a break between lines of context, or a gap where messages are missing. */
export type Row = (Message & { readonly _context?: true }) | { readonly _gap: true } | { readonly _missing: Gap };

/** ms; without `since` it has no beginning, without `until` it ends now. */
export type Window = { readonly since?: number; readonly until?: number; readonly sinceDefault?: true };

/** What every answer about a window of time says beside its rows. */
type Scoped = {
  readonly window?: Window;
  readonly gaps?: readonly Gap[];
  readonly uncovered?: readonly string[];
};

/** `GET messages`: pages are oldest first or newest first, as `order` asks. */
export type Messages = Scoped & {
  readonly items: readonly Row[];
  readonly limited?: boolean;
  /** Tokens of the pages after and before this one, in its order. */
  readonly next?: string;
  readonly previous?: string;
};

/** Messages counted together by the values of fields; in a histogram with the start of its bucket, ms. */
type Group = {
  readonly at?: number;
  readonly values: readonly (string | number | null)[];
  readonly count: number;
};

export type Top = Scoped & { readonly items: readonly Group[] };

/** `GET histogram`: buckets that are not empty, and their length in ms. */
export type Histogram = Top & { readonly every: number };

export type { Account, Gap };

export type Session = {
  readonly user: string;
  readonly role: 'metrics' | 'read' | 'operate' | 'admin';
  /** The query that the user's searches are limited to. */
  readonly only?: string;
  /** The zone of the server's clock. */
  readonly zone?: string;
  readonly version?: string;
};
