import type { BacktestRow, OutboxStatus, RuleRow, ShownDelivery } from '../alert/contract.ts';
import type { ForwardRow } from '../forward/contract.ts';
import type { ClockRow, ShownHost, ZoneChange } from '../hosts/contract.ts';
import type { Account, Gap } from '../account/contract.ts';
import type { LogMessage } from '../model/message.ts';
import type { Group } from '../model/query.ts';
import type { Importance, RetentionEdge, StoreStats } from '../store/contract.ts';
import type { KnownNode } from '../cluster/contract.ts';

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
  forwards: { params: ForwardsParams; row: ForwardRow | { done: true } };
  nodes: { params: Record<string, never>; row: NodeRow };
  account: { params: AccountParams; row: Account };
  streams: { params: Record<string, never>; row: StreamsReport };
  holds: { params: Record<string, never>; row: HoldRow };
  'hold-add': { params: Scope & { name?: string; why: string }; row: HoldRow & { messages: number } };
  'hold-release': { params: { name: string }; row: HoldRow };
  names: { params: { of: NameKind; prefix: string }; row: { name: string } };
};

/** What has names that a person may begin to type; an `alert` is a rule or an open incident. */
export type NameKind =
  | 'host'
  | 'program'
  | 'stream'
  | 'listener'
  | 'rule'
  | 'incident'
  | 'alert'
  | 'hold'
  | 'forward'
  | 'field';

/** Questions about alerts, and actions on them. */
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

/** Questions about the destinations of `forward:`, and actions on them; `to` of `skip` is a duration ago, in ms. */
export type ForwardsParams =
  | { action: 'list' }
  | { action: 'skip'; name: string; to: 'now' | 'start' | number; why: string };

/** Questions about hosts, and actions on them. */
export type HostsParams =
  | { action: 'list' }
  | { action: 'expect'; hosts: string[]; within?: number }
  | { action: 'retire'; host: string };

/** Questions about clocks of hosts (of all hosts if none is named), and actions on the zones of their timestamps. */
export type ClocksParams =
  | { action: 'list'; hosts: string[] }
  | { action: 'set'; hosts: string[]; zone?: string }
  | { action: 'unset'; hosts: string[] };

export type AlertRow =
  | RuleRow
  | ShownDelivery
  | BacktestRow
  | { outbox: OutboxStatus }
  | { mutedUntil: number }
  | { retried: number }
  | { digest: { readonly subject: string; readonly text: string } }
  | { sentTo: readonly string[] }
  | { done: true };

export type QuestionName = keyof Questions;

/** Rows as they are found; returns the `End`. */
export type Answer<Name extends QuestionName> = AsyncGenerator<Questions[Name]['row'] | { _cursor: string }, End>;

/** Which messages a question is about. */
export type Scope = {
  /** The query as typed; empty means all. */
  query?: string;
  /** Further queries that must match too, each from a flag (`-H`, `-p`, `-g` …). */
  filters?: { text: string; flag: string }[];
  /** Arrival, ms; default: the last 24 hours; 'all': from the beginning. */
  since?: number | 'all';
  until?: number;
  /** The time zone for times in the query that have none, e.g. `Europe/Berlin`. */
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
  /** Goes on with new messages until the client hangs up. */
  follow?: boolean;
  /** Starts where the answer that returned this cursor ended. */
  cursor?: string;
  /** Only messages before, or after, this id: the next page of an answer. */
  olderThan?: string;
  newerThan?: string;
  /** One id for each node, as visible to the first page of the answer: what was stored later is left out. */
  upTo?: readonly string[];
};

/**
 * A message, marked `_context` if it is only a neighbour of a match; `{_gap: true}` between separate runs of context;
 * `_missing` at the place of a gap where messages may be missing.
 */
export type SearchRow = (LogMessage & { _context?: true }) | { _gap: true } | { _missing: Gap };

/** The window, as in `Scope`; `verify` also counts what the store holds of it. */
export type AccountParams = Pick<Scope, 'since' | 'until'> & { verify?: boolean };

/** The last row of an answer; with `follow`, `{"_cursor": "…"}` rows come between. */
export type End = {
  /** The window searched, ms. */
  since?: number;
  until?: number;
  /** Whether the window came from the default of 24 hours. */
  sinceDefault?: boolean;
  /** `hist`: the length of a bucket, ms. Empty buckets are not among the rows. */
  every?: number;
  /** Whether `limit` cut the answer. */
  limited?: boolean;
  /** Where the next incremental search begins. */
  cursor?: string;
  /** Why part of the window may be missing: retention, damage, drops. Shown on stderr; exit 3 with `--strict`. */
  uncovered?: string[];
  /** Parts of the window in which messages were, or may have been, lost. Exit 3 with `--strict`. */
  gaps?: Gap[];
  /** How many more gaps there are. */
  gapsLeftOut?: number;
  /** Messages found in the spool and not yet in the store; only when no server is running. */
  fromSpool?: number;
};

export type Problem = {
  code: string;
  message: string;
  /** If it is about a query: its text, and the column (0-based, in UTF-16 units) where reading failed. */
  query?: string;
  column?: number;
};

export type Stats = {
  version: string;
  /** Whether a server answers. */
  running: boolean;
  /** ms. */
  startedAt?: number;
  data: string;
  /** `away` is the reason why the store cannot be reached; its other fields are empty then. */
  store: StoreStats & { away?: string };
  spool: { segments: number; bytes: number; limit: number; waitingBytes: number };
  listeners: {
    name: string;
    kind: string;
    address: string;
    receiveBuffer?: number;
    kernelDrops?: number;
    /** With TLS, ms. */
    certificateExpires?: number;
    /** With TLS: connections that failed lately, by address and reason, the newest first. */
    tlsTroubles?: readonly { ip: string; text: string; times: number; at: number }[];
  }[];
  /** The web page, if it is on: what people open, and the address it is bound to. */
  web?: { url: string; address: string; certificateExpires?: number };
  counters: Record<string, number>;
};

/** A receiver; `silent` if its reports stopped without a clean stop. */
export type NodeRow = KnownNode & { readonly state: 'running' | 'stopped' | 'silent' };
/** What each stream holds, how it grows, and what retention will do next. Bytes are as stored, times in ms. */
export type StreamsReport = {
  streams: StreamRow[];
  bytes: number;
  /** Growth of all streams in bytes a day, before retention; absent while it is not known. */
  growth?: number;
  maxDisk?: number;
  /** Bytes of the disk that messages leave free; only if `maxDisk` is the default. */
  keepFree?: number;
  /** The file system of the store. */
  disk?: { size: number; free: number };
  /** When the limit or the disk will be full; absent if not in the next years. */
  full?: { at: number; of: 'max_disk' | 'disk' };
  holds: number;
};

export type StreamRow = {
  name: string;
  match?: string;
  keep?: number;
  maxSize?: number;
  importance: Importance;
  /** Whether it is in the configuration; streams that are not are kept forever. */
  configured: boolean;
  messages: number;
  bytes: number;
  /** UTC days of the first and of the last message. */
  first?: string;
  last?: string;
  /** Bytes a day: the mean of the last whole days, at most seven. Absent in the first hour. */
  growth?: number;
  /** The day that expires next by `keep`, when, and its bytes. */
  next?: { day: string; at: number; bytes: number };
  /** What retention has removed, or hides. */
  taken?: RetentionEdge;
};

export type HoldRow = { name: string; since?: number; until?: number; query: string; why: string; addedAt: number };

/** Answers questions: the running server over its socket, or the store opened by the command itself. */
export interface Client extends AsyncDisposable {
  /** Rows as they are found; returns the `End`. @throws CordwoodError with the code of the `Problem` */
  ask<Name extends QuestionName>(name: Name, params: Questions[Name]['params'], signal: AbortSignal): Answer<Name>;
  /** `server` or `local`, for notes. */
  readonly via: 'server' | 'local';
}
