import { MINUTE } from '../base/units.ts';
import type { Source } from '../model/message.ts';

/** A sender, as far as the configuration distinguishes senders. */
export type Sender = Pick<Source, 'ip' | 'listener'>;

/** What the timestamps of a host showed, sample by sample. The keys are a stored format. */
export type Stamps = {
  /**
   * When each sample was taken, and its timestamps minus their arrival (ms), oldest sample first.
   * Timestamps with an offset count as the instant they name, those without one as if they were
   * UTC.
   */
  readonly samples: readonly (readonly [at: number, lead: number])[];
};

/**
 * What is known about a host's clock, from timestamps that carry an offset (`sent`) and from `bare`
 * ones.
 */
export type HostClock = {
  readonly sent?: Stamps & { /** Of the last timestamp, minutes east of UTC. */ readonly offset: number };
  readonly bare?: Stamps & { /** Of the last timestamp: it decides which zone is assumed. */ readonly sender: Sender };
};

/** What the messages of a host within one minute show about its clock. */
export type ClockSample = {
  readonly host: string;
  readonly at: number;
  readonly lead: number;
} & ({ readonly kind: 'sent'; readonly offset: number } | { readonly kind: 'bare'; readonly sender: Sender });

/** What sampling the messages of a minute showed. */
export type ClockSamples = {
  readonly samples: readonly ClockSample[];
  /** The listeners that the messages of each host arrived at. */
  readonly listeners: readonly (readonly [host: string, listeners: readonly string[]])[];
};

/** Once there are a few samples, one in this time is enough, ms. */
const SAMPLE_MS = 5 * MINUTE;
const FEW = 3;
/** Samples that are kept; older ones no longer count. */
const SAMPLES = 9;
/**
 * If samples are this close together (ms), the clock is wrong; messages that were delayed scatter
 * more.
 */
const STEADY_MS = 2 * MINUTE;

/** The clock with one more sample, or unchanged if it is too early for another one. */
export function withSample(clock: HostClock | undefined, sample: ClockSample): HostClock | undefined {
  const { at, lead } = sample;
  const known = clock?.[sample.kind];
  const before = known?.samples ?? [];
  if (before.length >= FEW && at - before.at(-1)![0] < SAMPLE_MS) return clock;
  const samples = [...before, [at, lead] as const].slice(-SAMPLES);
  return sample.kind === 'sent'
    ? { ...clock, sent: { samples, offset: sample.offset } }
    : { ...clock, bare: { samples, sender: sample.sender } };
}

/**
 * The upper quartile of leads (timestamp minus arrival, ms): a delay only ever makes a lead
 * smaller. So up to a quarter may be too large, as in forged messages, and up to three quarters too
 * small, as in messages that waited in a queue.
 */
export function leadOf(leads: readonly number[]): number {
  return sorted(leads)[Math.floor(leads.length / 4)] ?? 0;
}

/**
 * Whether enough leads, including the last, agree on that value; a single message may just have
 * been delayed.
 */
export function isSteady(leads: readonly number[]): boolean {
  const lead = leadOf(leads);
  const half = sorted(leads)[Math.floor(leads.length / 2)]!;
  return leads.length > 1 && lead - half <= STEADY_MS && Math.abs(lead - leads.at(-1)!) <= STEADY_MS;
}

function sorted(leads: readonly number[]): number[] {
  return [...leads].sort((a, b) => b - a);
}
