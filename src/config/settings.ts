import type { MailSettings, NotifierSettings, RULES } from '../alert/registry.ts';
import type { WebSettings } from '../api/settings.ts';
import type { z } from '../base/schema.ts';
import type { ForwardSettings } from '../forward/registry.ts';
import type { ListenerSettings } from '../listen/registry.ts';
import type { StageSettings } from '../pipeline/registry.ts';
import type { STORES } from '../store/registry.ts';

export type { ListenerSettings } from '../listen/registry.ts';

/** A stream and its retention. */
export type StreamSettings = {
  readonly name: string;
  /** The query for its messages; absent for `default` only, which gets what matches no other stream. */
  readonly match?: string;
  /** ms; absent if its messages are kept for ever. */
  readonly keep?: number;
  /** Most bytes in the store. */
  readonly maxSize?: number;
  readonly importance: 'low' | 'normal' | 'high';
};
/** A rule of any kind, and its file if that is not the configuration. */
export type RuleSettings = z.output<(typeof RULES)[number]['schema']> & { readonly file?: string };
type StoreSettings = z.output<(typeof STORES)[number]['schema']>;

/**
 * The checked configuration with all defaults; durations in ms, sizes in bytes. Settings of a kind (listener, stage, rule,
 * notifier, mail) keep the keys of the file, since the kind's schema makes them.
 */
export type Settings = {
  /** The file that was read; absent if there was none. */
  readonly file?: string;
  /** The data folder, absolute. */
  readonly data: string;
  /** Where the data folder comes from: `--data`, `CORDWOOD_DATA`, the file's path, or `default`. */
  readonly dataFrom: string;
  readonly listen: readonly ListenerSettings[];
  /** The web page; absent if it is off. */
  readonly web?: WebSettings;
  readonly store: StoreSettings;
  /** Includes the stream `default`. */
  readonly streams: readonly StreamSettings[];
  /** Most bytes in the store for all streams together. */
  readonly maxDisk?: number;
  /** Bytes that messages leave free on their file system; only beside the default of `maxDisk`. */
  readonly keepFree?: number;
  /** Stages before the store, in this order. */
  readonly pipeline: readonly StageSettings[];
  /** Destinations that get a copy of what is stored. */
  readonly forward: readonly ForwardSettings[];
  readonly spool: { readonly maxSize: number };
  /** The zone of timestamps without one; absent for the machine's own. */
  readonly zone?: string;
  /** The zone of timestamps without one, by the sender's address; a single address is `10.0.0.7/32`. */
  readonly zones: readonly { readonly cidr: string; readonly zone: string }[];
  readonly alerts: readonly RuleSettings[];
  readonly notifiers: readonly NotifierSettings[];
  /** Recipients of notices about silent hosts. */
  readonly silence: { readonly to: readonly string[]; readonly severity: number };
  /** The daily digest; new kinds of messages are looked for among those that match `query`. */
  readonly digest: {
    readonly to: readonly string[];
    readonly schedule: string;
    readonly timezone?: string | undefined;
    readonly query: string;
  };
  readonly mail?: MailSettings;
  /** Remarks that are not errors: files that were ignored, recipients that cannot be notified. */
  readonly notes: readonly string[];
};

/** The settings that decide what a store deletes. */
export function retentionOf({
  streams,
  maxDisk,
  keepFree,
}: Settings): Pick<Settings, 'streams' | 'maxDisk' | 'keepFree'> {
  return { streams, ...(maxDisk !== undefined && { maxDisk }), ...(keepFree !== undefined && { keepFree }) };
}
