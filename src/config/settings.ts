import type { MailSettings, NotifierSettings, RULES } from '../alert/registry.ts';
import type { z } from '../base/schema.ts';
import type { LISTENERS } from '../listen/registry.ts';
import type { StageSettings } from '../pipeline/registry.ts';
import type { STORES } from '../store/registry.ts';

type OneListener<Settings> = Settings extends unknown
  ? Settings & {
      readonly name: string;
      /** Whether nobody asked for it: where its address is not to be had, that is a warning. */
      readonly byDefault: boolean;
    }
  : never;
/** One listener: its `kind`, its name, and what its kind takes. */
export type ListenerSettings = OneListener<z.output<(typeof LISTENERS)[number]['schema']>>;
/** A stream: which messages, and what becomes of them. */
export type StreamSettings = {
  readonly name: string;
  /** The query that takes its messages; absent of `default` only, which takes what no other does. */
  readonly match?: string;
  /** ms; absent where its messages are kept for ever. */
  readonly keep?: number;
  /** Bytes in the store. */
  readonly maxSize?: number;
  readonly importance: 'low' | 'normal' | 'high';
};
/** A rule for alerts, of any kind, and the file it stands in where that is not the configuration. */
export type RuleSettings = z.output<(typeof RULES)[number]['schema']> & { readonly file?: string };
export type StoreSettings = z.output<(typeof STORES)[number]['schema']>;

/** The configuration, checked, with every default filled in; durations in ms, sizes in bytes. */
export type Settings = {
  /** The file that was read, absent where none is there. */
  readonly file?: string;
  /** The data folder, absolute. */
  readonly data: string;
  /** What named the data folder: `--data`, `CORDWOOD_DATA`, the file, or `default`. */
  readonly dataFrom: string;
  readonly listen: readonly ListenerSettings[];
  readonly store: StoreSettings;
  /** The stream `default` is always among them. */
  readonly streams: readonly StreamSettings[];
  /** Bytes in the store that all streams may take together. */
  readonly maxDisk?: number;
  /** What messages pass through before they are stored, in this order. */
  readonly pipeline: readonly StageSettings[];
  readonly spool: { readonly maxSize: number };
  /** Of stamps without a zone; absent where the machine's own applies. */
  readonly zone?: string;
  /** Of stamps without a zone, by the sender's address; `10.0.0.7/32` where one address was named. */
  readonly zones: readonly { readonly cidr: string; readonly zone: string }[];
  readonly alerts: readonly RuleSettings[];
  readonly notifiers: readonly NotifierSettings[];
  /** Who is told of hosts that fall silent. */
  readonly silence: { readonly to: readonly string[]; readonly severity: number };
  /** Who is told daily how it goes; of `query`, new kinds of messages are looked for. */
  readonly digest: {
    readonly to: readonly string[];
    readonly schedule: string;
    readonly timezone?: string | undefined;
    readonly query: string;
  };
  readonly mail?: MailSettings;
  /** What was not read, and why: nothing is wrong with it, but somebody may wonder. */
  readonly notes: readonly string[];
};

/** What of the settings a store needs, to know what to throw away. */
export function retentionOf({ streams, maxDisk }: Settings): Pick<Settings, 'streams' | 'maxDisk'> {
  return { streams, ...(maxDisk !== undefined && { maxDisk }) };
}
