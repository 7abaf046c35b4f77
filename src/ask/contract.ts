import type {
  BacktestRow,
  OutboxRow,
  ClockRow,
  RuleRow,
  ShownHost,
  ShownLetter,
  ZoneChange,
} from '../alert/contract.ts';
import type { Account, Gap } from '../account/contract.ts';
import type { LogMessage } from '../model/message.ts';
import type { Group } from '../model/query.ts';
import type { Importance, RetentionEdge, StoreStats } from '../store/contract.ts';
import type { NodeReport } from '../cluster/contract.ts';

/** Every question: its parameters, and what a row of its answer is. `Answer` closes with an `End`. */
export type Questions = {
  search: { params: SearchParams; row: SearchRow };
  count: { params: Scope; row: { count: number } };
  hist: { params: Scope & { by?: string; every?: number; buckets?: number }; row: Group };
  top: { params: Scope & { fields: string[]; limit?: number }; row: Group };
  fields: { params: Scope; row: { name: string; count: number } };
  stats: { params: Record<string, never>; row: Stats };
  alerts: { params: AlertParams; row: AlertRow };
  hosts: { params: HostsParams; row: ShownHost | { done: true } };
  clocks: { params: ClocksParams; row: ClockRow | ZoneChange };
  nodes: { params: Record<string, never>; row: NodeRow };
  account: { params: AccountParams; row: Account };
  streams: { params: Record<string, never>; row: StreamsReport };
  holds: { params: Record<string, never>; row: HoldRow };
  'hold-add': { params: Scope & { name?: string; why: string }; row: HoldRow & { messages: number } };
  'hold-release': { params: { name: string }; row: HoldRow };
};

/** What is asked about alerts, or done about them. */
export type AlertParams =
  | { action: 'list' }
  | { action: 'letters'; name: string }
  | { action: 'ack'; incident: string; note?: string }
  | { action: 'resolve'; incident: string }
  | { action: 'silence'; rule: string; ms: number }
  | { action: 'mute'; ms: number }
  | { action: 'retry' }
  | { action: 'digest'; send: boolean }
  | { action: 'test'; rule: string; since: number; until: number; perWeek: number };

/** What is asked about hosts, or done about them. */
export type HostsParams =
  | { action: 'list' }
  | { action: 'expect'; hosts: string[] }
  | { action: 'retire'; host: string };

/** What is asked about clocks of hosts, of all where none is named, or done about the zones their stamps are read in. */
export type ClocksParams =
  | { action: 'list'; hosts: string[] }
  | { action: 'set'; hosts: string[]; zone?: string }
  | { action: 'unset'; hosts: string[] };

export type AlertRow =
  | RuleRow
  | ShownLetter
  | BacktestRow
  | { outbox: OutboxRow }
  | { mutedUntil: number }
  | { retried: number }
  | { digest: { readonly subject: string; readonly text: string } }
  | { sentTo: readonly string[] }
  | { done: true };

export type QuestionName = keyof Questions;

/** Rows as they are found, and what there is to say in the end. */
export type Answer<Name extends QuestionName> = AsyncGenerator<Questions[Name]['row'] | { _cursor: string }, End>;

/** Which messages. */
export type Scope = {
  /** The query as typed; empty means all. */
  query?: string;
  /** Further queries that must hold too; each from a flag (`-H`, `-p`, `-g` …). */
  filters?: { text: string; flag: string }[];
  /** ms on the arrival clock; 'all' lifts the default of the last 24 hours. */
  since?: number | 'all';
  until?: number;
  /** The zone that stamps without one in the query mean, e.g. `Europe/Berlin`. */
  zone?: string;
};

export type SearchParams = Scope & {
  order?: 'oldest' | 'newest';
  /** The newest `limit` of the window (or the oldest, with `from: 'start'`), whatever the order. */
  limit?: number;
  from?: 'start' | 'end';
  /** Lines of the same host before and after each match. */
  before?: number;
  after?: number;
  /** Goes on with what arrives, until the asker hangs up. */
  follow?: boolean;
  /** Starts after what an earlier answer's `cursor` had seen. */
  cursor?: string;
};

/**
 * A message; `_context` where it is shown for its neighbour's sake, `{_gap: true}` between runs of context, `_missing`
 * where messages may be missing, at its place in the order.
 */
export type SearchRow = (LogMessage & { _context?: true }) | { _gap: true } | { _missing: Gap };

/** Of which time, as in `Scope`; `verify` has the store count what it holds of it, too. */
export type AccountParams = Pick<Scope, 'since' | 'until'> & { verify?: boolean };

/** The last row of an answer; with `follow`, `{"_cursor": "…"}` rows come between. */
export type End = {
  /** The window searched, ms. */
  since?: number;
  until?: number;
  /** Whether the window came from the default of 24 hours. */
  sinceDefault?: boolean;
  /** ms of a bucket, of `hist`: empty ones are not among the rows. */
  every?: number;
  /** Whether `limit` cut the answer. */
  limited?: boolean;
  /** Where the next incremental search begins. */
  cursor?: string;
  /** Why the window may not be covered: retention, damage, drops; shown on stderr, and exit 3 with `--strict`. */
  uncovered?: string[];
  /** Stretches of the window in which messages were lost, or may have been; exit 3 with `--strict`. */
  gaps?: Gap[];
  /** How many more there are. */
  gapsLeftOut?: number;
  /** Messages found in the spool that no store holds yet (only where no server runs). */
  fromSpool?: number;
};

export type Problem = {
  code: string;
  message: string;
  /** Of a query: the text it is about and the column (0-based, in UTF-16 units) where reading failed. */
  query?: string;
  column?: number;
};

export type Stats = {
  version: string;
  /** Whether a server answers, and since when (ms). */
  running: boolean;
  startedAt?: number;
  data: string;
  /** With `away`, why it cannot be asked now: then it says nothing. */
  store: StoreStats & { away?: string };
  spool: { segments: number; bytes: number; limit: number; waitingBytes: number };
  listeners: {
    name: string;
    kind: string;
    address: string;
    receiveBuffer?: number;
    kernelDrops?: number;
    /** TLS: ms. */
    certificateExpires?: number;
  }[];
  counters: Record<string, number>;
};

/** A receiver; `silent` where it has not been heard of and did not say goodbye. */
export type NodeRow = NodeReport & { readonly state: 'running' | 'stopped' | 'silent' };
/** What each stream holds, how it grows, and what retention will do next. Bytes are as stored, times in ms. */
export type StreamsReport = {
  streams: StreamRow[];
  bytes: number;
  /** Bytes a day that all streams grow by, before retention takes any; absent where there is nothing to tell it from. */
  growth?: number;
  maxDisk?: number;
  /** The file system of the store. */
  disk?: { size: number; free: number };
  /** When what comes in no longer fits beside what is kept; absent where it does for the years to come. */
  full?: { at: number; of: 'max_disk' | 'disk' };
  holds: number;
};

export type StreamRow = {
  name: string;
  match?: string;
  keep?: number;
  maxSize?: number;
  importance: Importance;
  /** Whether the configuration knows it; what it does not know is kept. */
  configured: boolean;
  messages: number;
  bytes: number;
  /** UTC days of the first and of the last message. */
  first?: string;
  last?: string;
  /** Bytes a day, of the last whole days, seven at most; absent where there is nothing to tell it from, as in a first hour. */
  growth?: number;
  /** What is past its `keep` next: the oldest day, when, and its bytes. */
  next?: { day: string; at: number; bytes: number };
  /** What retention took, or hides. */
  taken?: RetentionEdge;
};

export type HoldRow = { name: string; since?: number; until?: number; query: string; why: string; addedAt: number };

/** Anyone who answers questions: the running server over its socket, or the store opened on the spot. */
export interface Client extends AsyncDisposable {
  /** Rows as they come; the last value is the `End`. @throws CordwoodError with the code of the `Problem` */
  ask<Name extends QuestionName>(name: Name, params: Questions[Name]['params'], signal: AbortSignal): Answer<Name>;
  /** `server` or `local`, for notes. */
  readonly via: 'server' | 'local';
}
