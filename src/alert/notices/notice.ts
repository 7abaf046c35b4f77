import { randomBytes } from 'node:crypto';
import type { SilentHost } from '../../hosts/contract.ts';
import type { LogMessage } from '../../model/message.ts';
import type { Key } from '../rules/keys.ts';
import type { DigestReport } from './digest-report.ts';
import type { Incident } from './incident.ts';

export type NoticeKind = 'firing' | 'repeat' | 'late' | 'resolved' | 'summary' | 'digest';

/**
 * What recipients are told, with everything that its text needs: the store may have expired the
 * messages by the time it is sent. Stored in rules and in the outbox: the keys are a stored format.
 */
export type Notice = {
  /** Unique, and the same at every attempt; the local part of the Message-ID. */
  readonly id: string;
  readonly kind: NoticeKind;
  readonly rule: string;
  readonly severity: number;
  readonly incident: Incident;
  /** Messages of the incident that no earlier notice reported: what a summary adds up. */
  readonly matches?: number;
  readonly to: readonly string[];
  /** When it became due, ms: the tick. */
  readonly at: number;
  /** When it was found, ms: later than `at` after an outage. */
  readonly foundAt: number;
  readonly window: { readonly from: number; readonly to: number };
  readonly condition: string;
  readonly query: string;
  readonly by: readonly string[];
  /** The query for the messages of its keys only; absent without `by`. */
  readonly search?: string;
  readonly timezone?: string;
  readonly runbook?: string;
  /** The file that its rule is in, if that is not the configuration. */
  readonly file?: string;
  readonly samples: readonly Sample[];
  /** Messages of the same host around the first match. */
  readonly context: readonly Sample[];
  /** Messages of the window that arrived more than five minutes after they were sent. */
  readonly late: number;
  /** Messages of the window that were counted as "other", because there were too many keys. */
  readonly cut?: number;
  /** When the next notice can come at the earliest, ms. */
  readonly nextAt?: number;
  /** Keys that joined the incident since the last notice. */
  readonly joined?: readonly Key[];
  /**
   * Whether the end of the incident is reported; absent if the rule reports messages, which do not
   * last.
   */
  readonly endIsTold?: boolean;
  /** Not to be sent before, ms. */
  readonly notBefore?: number;
  /** Only for silence: the hosts. */
  readonly silent?: readonly SilentHost[];
  /** Only for a relay that is away, or was. */
  readonly away?: AwayRelay;
  /** Only of the kind `summary`. */
  readonly summary?: Summary;
  /** Only of the kind `digest`. */
  readonly digest?: DigestReport;
};

/** A server that forwards here, and is away or was. */
export type AwayRelay = {
  /** The name in its certificate, or its address. */
  readonly relay: string;
  /** The name of its machine. */
  readonly host?: string;
  /** The time of its last report before, ms. */
  readonly since: number;
  /** Hosts that were last heard through it. */
  readonly hosts: number;
};

/** What a summary replaces: notices beyond the hourly limit. */
type Summary = {
  readonly notices: number;
  readonly matches: number;
  /** Notices and messages of each rule, most messages first. */
  readonly rules: readonly { readonly rule: string; readonly notices: number; readonly matches: number }[];
  readonly hosts: number;
};

export type Sample = Pick<LogMessage, 'message' | 'hostname' | 'appname' | 'level'> & {
  readonly _id: string;
  /** ms. */
  readonly at: number;
};

/** What every notice needs; the rest is optional. */
type Essentials = Pick<
  Notice,
  'kind' | 'incident' | 'severity' | 'to' | 'at' | 'foundAt' | 'window' | 'condition' | 'query' | 'by'
>;

/** A new notice about an incident. Its id is `name` and random digits: no two notices share one. */
export function newNotice(name: string, given: Essentials & Partial<Omit<Notice, 'id' | 'rule'>>): Notice {
  return {
    id: `${name}.${randomBytes(6).toString('hex')}`,
    rule: given.incident.rule,
    samples: [],
    context: [],
    late: 0,
    ...given,
  };
}
