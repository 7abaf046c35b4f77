import type { Stats } from './contract.ts';

type Server = {
  readonly version: string;
  readonly data: string;
  /** Most bytes of the spool. */
  readonly spoolLimit: number;
  /** When the server started, ms; absent if none is running. */
  readonly startedAt?: number;
  readonly listeners?: readonly Stats['listeners'][number][];
  readonly web?:
    | { readonly url: string; readonly address: string; readonly certificateExpires?: number | undefined }
    | undefined;
  readonly counters?: Readonly<Record<string, number>>;
};

/** The answer of `stats`, except for what the store adds. */
export function statusOf({
  version,
  data,
  spoolLimit,
  startedAt,
  listeners = [],
  web,
  counters = {},
}: Server): Omit<Stats, 'store'> {
  const spool = (what: string): number => counters[`spool.${what}`] ?? 0;
  return {
    version,
    running: startedAt !== undefined,
    ...(startedAt !== undefined && { startedAt }),
    data,
    spool: {
      segments: spool('segments'),
      bytes: spool('bytes'),
      limit: spoolLimit,
      waitingBytes: spool('waiting'),
    },
    listeners: listeners.map((listener) => ({ ...listener })),
    ...(web && { web: webOf(web) }),
    counters,
  };
}

function webOf({ url, address, certificateExpires }: NonNullable<Server['web']>): NonNullable<Stats['web']> {
  return { url, address, ...(certificateExpires !== undefined && { certificateExpires }) };
}
