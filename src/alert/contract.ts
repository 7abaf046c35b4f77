import { counter, gauge } from '../base/counters.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Filter } from '../model/filter.ts';
import type { LogMessage } from '../model/message.ts';
import type { HostZones } from '../hosts/contract.ts';
import type { StoreReader, StoreState } from '../store/contract.ts';
import type { Sender } from '../hosts/clocks.ts';
import type { DigestReport } from './digest/report.ts';
import type { HostRow } from '../hosts/ledger.ts';
import type { Listening } from '../hosts/listened.ts';
import type { AbsenceRule, CountRule, MatchRule, NewRule, RatioRule } from './rules/schemas.ts';

export type { HostRow } from '../hosts/ledger.ts';

/** A rule as configured, and the file it stands in where that is not the configuration; durations in ms. */
export type Rule = (CountRule | AbsenceRule | RatioRule | MatchRule | NewRule) & { readonly file?: string };

/** What rules are judged on. */
export type AlertWorld = {
  readonly store: Pick<StoreReader, 'find' | 'aggregate'>;
  /** The namespace of alerts. */
  readonly state: StoreState;
  readonly now: Clock;
  /** Ids up to which everything is stored, one for every node. */
  visible(): readonly string[];
  /** Whether every node that is worth waiting for has stored all that arrived before a time, ms. */
  reached(at: number): boolean;
  /** Whether we were listening all the time between two times, ms: absence means nothing otherwise. */
  covered(from: number, to: number): Promise<boolean>;
  /** When we were listening within the last month, in order; the last of it ends with `now` where we still do. */
  listened(now: number): Promise<Listening>;
  readonly zones: StampZones;
  readonly log: Logger;
};

/** The zones that stamps without one are read in. */
export type StampZones = {
  /** Of a sender, as the configuration says. */
  of(sender: Sender): string;
  /** Those that the configuration names, and the machine's own. */
  named(): readonly string[];
  /** Those set for hosts by name, which count for more. */
  readonly hosts: HostZones;
};

/** The values of a rule's `by` fields as one text: JSON of an array. */
export type Key = string;
/** What keys beyond the limit are counted under. */
export const OTHER: Key = '["(other)"]';

/** The counts that one judgement sees. */
export type Window = {
  /** ms; `to` is the tick, and is excluded. */
  readonly from: number;
  readonly to: number;
  /** The tick before this one, ms. */
  readonly previous: number;
  /** Messages of the window by key, of the rule's own query or of the further one with this index. */
  sums(series?: number): ReadonlyMap<Key, number>;
  /** The same, of what arrived since the tick before. */
  fresh(): ReadonlyMap<Key, number>;
  /** Since when the rule has been judged, ms. */
  readonly since: number;
  /** Whether a key had no message before the tick before this one. */
  unseen(key: Key): boolean;
  /** Keys that had messages within what is remembered, the window included. */
  known(): ReadonlySet<Key>;
  /** The rule's own counts over another stretch of time, from the store. */
  over(from: number, to: number): Promise<ReadonlyMap<Key, number>>;
  /** Whether we were listening all the time, in the window or in another stretch. */
  covered(from?: number, to?: number): Promise<boolean>;
};

/** The keys for which the condition holds, with what was counted. */
export type Verdict = ReadonlyMap<Key, number>;

/** A rule made ready. */
export interface Judge {
  /** Queries counted beside the rule's own. */
  readonly further: readonly Filter[];
  /** ms before a window that are remembered, too. */
  readonly memory: number;
  judge(window: Window): Promise<Verdict>;
  /** The condition in words: `more than 20 in 10m`. */
  readonly condition: string;
  /** Whether each tick that fires is told, not only the first: lines are events, not a state. */
  readonly each: boolean;
  /** Whether keys are program and template, found in each message, instead of the values of `by`. */
  readonly byTemplate?: true;
}
export type OpenRule = (rule: never) => Judge;

/** Something that lasts while a rule's condition holds; at most one for each rule, with all its keys. */
export type Incident = {
  /** `nginx-errors-17`. */
  readonly id: string;
  readonly rule: string;
  /** The beginning of the first window for which it held, and the tick that found it, ms. */
  readonly since: number;
  readonly openedAt: number;
  /** The last tick for which it held, ms. */
  readonly lastAt: number;
  /** Told to anyone? Not before `for` has passed. */
  readonly state: 'pending' | 'open';
  /** Counts of the last window that fired, by key. */
  readonly keys: readonly (readonly [Key, number])[];
  /** How many keys that were; of the keys themselves, the loudest are kept. */
  readonly groups?: number;
  /** Matching messages since it began, and as of the last notice. */
  readonly total: number;
  readonly told?: number;
  /** Notices so far, and when the last was due, ms. */
  readonly notices: number;
  readonly noticedAt: number;
  /** Keys that somebody was told of. */
  readonly toldKeys?: readonly Key[];
  /** Keys that joined it since, with the most that was counted of each. */
  readonly joining?: readonly (readonly [Key, number])[];
  /** Somebody knows: nothing is repeated. */
  readonly acknowledged?: { readonly at: number; readonly note?: string };
};

export const NOTICE_KINDS = ['firing', 'repeat', 'late', 'resolved', 'summary', 'digest'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** What somebody is told, with all that its text needs: the store may have expired the lines when it is sent. */
export type Notice = {
  /** Unique, and the same at every try; the local part of the Message-ID. */
  readonly id: string;
  readonly kind: NoticeKind;
  readonly rule: string;
  readonly severity: number;
  readonly incident: Incident;
  /** Messages of the incident that no notice before this one told of: what a summary adds up. */
  readonly matches?: number;
  readonly to: readonly string[];
  /** When it became due, ms: the tick. */
  readonly at: number;
  /** When it was found out, ms: later than `at` after an outage. */
  readonly foundAt: number;
  readonly window: { readonly from: number; readonly to: number };
  readonly condition: string;
  readonly query: string;
  readonly by: readonly string[];
  readonly timezone?: string;
  readonly runbook?: string;
  /** Where its rule stands, if not in the configuration. */
  readonly file?: string;
  readonly samples: readonly Sample[];
  /** Lines of the same host around the first match. */
  readonly context: readonly Sample[];
  /** Of the window's messages, those that had been under way for more than five minutes. */
  readonly late: number;
  /** Of the window's messages, those whose key was not told apart: there were too many keys. */
  readonly cut?: number;
  /** When the next one can come at the earliest, ms. */
  readonly nextAt?: number;
  /** Keys that joined the incident since it was last told of. */
  readonly joined?: readonly Key[];
  /** Whether the end of it is told; absent where lines are told, and nothing lasts. */
  readonly endIsTold?: boolean;
  /** Not to be sent before, ms. */
  readonly notBefore?: number;
  /** Of silence only: the hosts, since when they say nothing, and how long that usually lasts, ms. */
  readonly silent?: readonly SilentHost[];
  /** Of the kind `summary` only. */
  readonly summary?: Summary;
  /** Of the kind `digest` only. */
  readonly digest?: DigestReport;
};

/** A host that says nothing. */
export type SilentHost = { readonly host: string; readonly last?: number; readonly usual?: number };

/** What a summary stands for: notices that went beyond the budget. */
export type Summary = {
  readonly notices: number;
  readonly matches: number;
  /** Notices and messages of each rule, the most first. */
  readonly rules: readonly { readonly rule: string; readonly notices: number; readonly matches: number }[];
  readonly hosts: number;
};

export type Sample = Pick<LogMessage, 'message' | 'hostname' | 'appname' | 'level'> & {
  readonly _id: string;
  /** ms. */
  readonly at: number;
};

/** Sends what people are told; one for each way of telling. */
export interface Notifier extends AsyncDisposable {
  readonly name: string;
  /** Resolves once the other side has taken it. @throws Refusal where it does not take this one, else whatever went wrong */
  send(notice: Notice, recipient: string): Promise<void>;
}

/** A rule as the desk shows it. */
export type RuleRow = {
  readonly rule: string;
  readonly kind: string;
  readonly condition: string;
  readonly schedule: string;
  /** The last tick judged, ms; absent before the first. */
  readonly tick?: number;
  readonly incident?: Incident;
  /** Until when nobody is told of it, ms. */
  readonly silencedUntil?: number;
  /** Notices that wait to be sent, and why the last try failed. */
  readonly waiting: number;
  readonly failure?: string;
};

/** A notice as it was, or is to be, told. */
export type LetterRow = {
  readonly notice: Notice;
  readonly recipient: string;
  /** `refused`: the other side will never take it. */
  readonly state: 'waiting' | 'sent' | 'summarised' | 'refused';
  readonly tries: number;
  /** When it was sent, summed up or given up, ms. */
  readonly sentAt?: number;
  readonly failure?: string;
};

/** What should have been told by now and was not; of the last week. */
export type OutboxRow = {
  /** Notices that are due, each to one recipient, and since when the oldest is, ms. */
  readonly waiting: number;
  readonly since?: number;
  /** Why the last try failed, and when the next comes, ms; absent where they only wait for room in the budget. */
  readonly failure?: string;
  readonly nextAt?: number;
  /** Notices that were refused for good. */
  readonly refused: number;
  readonly lastRefused?: { readonly recipient: string; readonly at: number; readonly failure: string };
};

/** What is counted of notices; the server makes these before its threads start. */
export const ALERT_COUNTERS = [
  counter('alerts.sent', 'notices', 'Notices sent, each to one recipient'),
  counter('alerts.failed', 'notices', 'Attempts to send a notice that failed and are repeated'),
  counter('alerts.refused', 'notices', 'Notices refused for good'),
  gauge('alerts.waiting', 'notices', 'Notices that are due and not sent yet'),
] as const;

/** A letter as people read it. */
export type ShownLetter = LetterRow & { readonly subject: string; readonly text: string };

/** What a backtest says, besides the letters. */
export type BacktestRow =
  | { readonly progress: number }
  | {
      /** Ticks judged, mails that would have been sent, and for how many days. */
      readonly ticks: number;
      readonly mails: number;
      readonly days: number;
      /** The lowest `above` with which it would have been told at most so often a week. */
      readonly threshold?: { readonly above: number; readonly perWeek: number };
    };

/** A host as people see it. */
export type ShownHost = Omit<HostRow, 'clock'> & {
  /** What its stamps are ahead of their arrival, ms; those without an offset as they are read now. */
  readonly skew?: number;
  /** The offset that its stamps carry (`+01:00`), or the zone that they are read in. */
  readonly zone?: string;
};

/** What the stamps of a host say of its clock. */
export type ClockRow = {
  readonly host: string;
  /** Whether they carry their offset, or are bare. */
  readonly stamps: 'offset' | 'bare';
  /** The offset that they carry, or the zone that they are read in. */
  readonly zone: string;
  /** Whether that zone was set for this host by name. */
  readonly set: boolean;
  /** What they are ahead of their arrival, ms, and when that was last seen; absent where no stamp was seen yet. */
  readonly skew?: number;
  readonly at?: number;
  /** `unsettled`: behind, but lines that were under way for long are so, too; more of them will tell. */
  readonly state: 'ok' | 'off' | 'unsettled' | 'unseen';
  /** Why it is off: the zone that is assumed, the offset that is sent, or the clock itself. */
  readonly cause?: 'zone' | 'offset' | 'clock';
  /** The zone that they are probably of, others that it could be, and the skew that would be left, ms. */
  readonly likely?: string;
  readonly others?: readonly string[];
  readonly left?: number;
};

/** A zone that was set for a host, or taken back; `before` is what its stamps were read in until then. */
export type ZoneChange = { readonly host: string; readonly before: string; readonly zone: string };

/** What operators ask about alerts, and do about them; each change is one compare-and-set. */
export interface AlertDesk {
  /** Every host of the ledger, by name. */
  hosts(): Promise<readonly ShownHost[]>;
  /** What the stamps of these hosts say of their clocks, of all where none is named; by name. @throws as `retireHost` */
  clocks(hosts: readonly string[]): Promise<readonly ClockRow[]>;
  /**
   * Has bare stamps of hosts read in another zone from now on: in the given one, or the likely one of each. Where none
   * is named, of all that are off for their zone. @throws CordwoodError ERR_USAGE where a named one has no likely zone
   */
  setZones(hosts: readonly string[], zone?: string): Promise<readonly ZoneChange[]>;
  /** Takes back what was set for hosts. @throws CordwoodError ERR_USAGE where nothing was */
  unsetZones(hosts: readonly string[]): Promise<readonly ZoneChange[]>;
  /** Waits for hosts by name, also for those that never sent. */
  expectHosts(names: readonly string[]): Promise<void>;
  /** Waits for a host no more, until it sends again. @throws CordwoodError ERR_USAGE where there is none */
  retireHost(name: string): Promise<void>;
  list(): Promise<readonly RuleRow[]>;
  /** What could not be sent. */
  outbox(): Promise<OutboxRow>;
  /** What a digest would tell now, as whoever reads their mail sees it. */
  digest(): Promise<{ readonly subject: string; readonly text: string }>;
  /** Puts that digest in for its recipients. @returns them @throws CordwoodError ERR_USAGE where there are none */
  sendDigest(): Promise<readonly string[]>;
  /** Has what could not be sent tried again within a minute, what was refused for good, too. @returns how many */
  retry(): Promise<number>;
  /** What was told about an incident or a rule in the last week, oldest first. */
  letters(name: string): Promise<readonly ShownLetter[]>;
  /** Until when nobody is told anything, ms; undefined where everybody is. */
  muted(): Promise<number | undefined>;
  /** Nothing is repeated of an incident that somebody knows of. @throws CordwoodError ERR_USAGE where there is none */
  acknowledge(incident: string, note?: string): Promise<void>;
  /** Closes an incident without a notice; it opens again where the condition still holds. */
  resolve(incident: string): Promise<void>;
  /** Nobody is told of a rule for a time, ms; 0 ends it. */
  silence(rule: string, ms: number): Promise<void>;
  /** Nobody is told anything for a time, ms; 0 ends it. */
  mute(ms: number): Promise<void>;
  /** Judges a rule over what is stored; the letters that would have been sent, with progress between them. */
  test(rule: string, options: BacktestOptions): AsyncGenerator<ShownLetter | BacktestRow>;
}

export type BacktestOptions = {
  /** ms. */
  readonly since: number;
  readonly until: number;
  /** Mails a week that are welcome, for the threshold that is suggested. */
  readonly perWeek: number;
  readonly signal: AbortSignal;
};
