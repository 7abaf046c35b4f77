import { counter, gauge } from '../base/counters.ts';
import type { DeliveryRow } from './delivery/outbox.ts';
import type { Incident } from './notices/incident.ts';
import type { OutboxStatus } from './notices/outbox-status.ts';
export type { AlertWorld } from './evaluate/world.ts';
export type { DigestFacts } from './notices/digest-report.ts';
export type { OutboxStatus } from './notices/outbox-status.ts';

/** What is counted of notices; the server makes these before its threads start. */
export const ALERT_COUNTERS = [
  counter('alerts.sent', 'notices', 'Notices sent, each to one recipient'),
  counter('alerts.failed', 'notices', 'Attempts to send a notice that failed and are repeated'),
  counter('alerts.refused', 'notices', 'Notices rejected for good'),
  gauge('alerts.waiting', 'notices', 'Notices that are due and not sent yet'),
] as const;

/** A rule with its current state. */
export type RuleRow = {
  readonly rule: string;
  readonly kind: string;
  readonly condition: string;
  /** The messages that it is about, and the fields whose values it judges separately. */
  readonly query: string;
  readonly by: readonly string[];
  readonly schedule: string;
  /** The last tick judged, ms; absent before the first. */
  readonly tick?: number;
  readonly incident?: Incident;
  /** Until when its notices are silenced, ms. */
  readonly silencedUntil?: number;
  /** Notices that wait to be sent, and why the last attempt failed. */
  readonly waiting: number;
  readonly failure?: string;
};

/** A delivery with the text that its recipient sees. */
export type ShownDelivery = DeliveryRow & { readonly subject: string; readonly text: string };

/** What a backtest yields beside the deliveries. */
export type BacktestRow =
  | { readonly progress: number }
  | {
      /** Ticks judged, mails that would have been sent, and over how many days. */
      readonly ticks: number;
      readonly mails: number;
      readonly days: number;
      /** The lowest `above` that would have caused at most this many mails a week. */
      readonly threshold?: { readonly above: number; readonly perWeek: number };
    };

/** Operators' questions about alerts, and their changes; each change is one compare-and-set. */
export interface AlertService {
  list(): Promise<readonly RuleRow[]>;
  /** What could not be sent. */
  outbox(): Promise<OutboxStatus>;
  /** How long the most overdue tick of a rule has waited to be judged, ms; 0 if none waits. */
  overdue(): Promise<number>;
  /** The digest as it would be sent now. */
  digest(): Promise<{ readonly subject: string; readonly text: string }>;
  /**
   * Puts that digest into the outbox.
   * @returns its recipients
   * @throws CordwoodError ERR_USAGE if it has none
   */
  sendDigest(): Promise<readonly string[]>;
  /**
   * Has failed deliveries tried again within a minute, including those refused permanently.
   * @returns how many
   */
  retry(): Promise<number>;
  /** Deliveries of the last week about an incident or a rule, oldest first. */
  deliveries(name: string): Promise<readonly ShownDelivery[]>;
  /** Until when all alerts are muted, ms; undefined if they are not. */
  muted(): Promise<number | undefined>;
  /**
   * Stops repeated notices of an incident.
   * @throws CordwoodError ERR_USAGE if there is no such open incident
   */
  acknowledge(incident: string, note?: string): Promise<void>;
  /** Closes an incident without a notice; it opens again if the condition still holds. */
  resolve(incident: string): Promise<void>;
  /** Sends no notices of a rule for this long, ms; 0 ends it. */
  silence(rule: string, ms: number): Promise<void>;
  /** Sends no notices at all for this long, ms; 0 ends it. */
  mute(ms: number): Promise<void>;
  /**
   * Judges a rule over what is stored; yields the deliveries that would have been made, and
   * progress between them.
   */
  test(rule: string, options: BacktestOptions): AsyncGenerator<ShownDelivery | BacktestRow>;
}

export type BacktestOptions = {
  /** ms. */
  readonly since: number;
  readonly until: number;
  /** Mails a week that are acceptable, for the suggested threshold. */
  readonly perWeek: number;
  readonly signal: AbortSignal;
};
