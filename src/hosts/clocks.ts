import type { Source } from '../model/message.ts';

/** Who sent it, as far as the configuration tells senders apart. */
export type Sender = Pick<Source, 'ip' | 'listener'>;

/** What the stamps of a host said, sample by sample. */
export type Stamps = {
  /**
   * When each sample was taken, and what its stamps showed less when they arrived (ms), the oldest sample first: of stamps
   * with an offset the instant they name; of those without one the time of day they show, as if it were UTC.
   */
  readonly samples: readonly (readonly [at: number, lead: number])[];
};

/** The clock of a host, as its stamps tell of it: those that carry their offset, and bare ones. */
export type HostClock = {
  readonly sent?: Stamps & { /** The last one, minutes east of UTC. */ readonly offset: number };
  readonly bare?: Stamps & { /** Of the last one: it decides which zone is assumed. */ readonly sender: Sender };
};

/** What the lines of a host, of a minute, say of its clock. */
export type ClockSample = {
  readonly host: string;
  readonly at: number;
  readonly lead: number;
} & ({ readonly kind: 'sent'; readonly offset: number } | { readonly kind: 'bare'; readonly sender: Sender });

/** What a look at the lines of a minute shows. */
export type Looked = {
  readonly samples: readonly ClockSample[];
  /** The listeners that the lines of each host came in at. */
  readonly listeners: readonly (readonly [host: string, listeners: readonly string[]])[];
};

/** A sample in so long is enough, ms, once there are a few; so many decide: what was an hour ago does not count. */
const SAMPLE_MS = 5 * 60_000;
const FEW = 3;
const SAMPLES = 9;
/** Samples so near to one another (ms) are of a clock that is wrong, and not of lines that were under way for a while. */
const STEADY_MS = 2 * 60_000;

/** A clock with one sample more; too early for it, the clock as it was. */
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
 * The lead that leads agree on (ms), from above: being under way only ever makes them smaller. A quarter of them may
 * be too large, as a forged line is, and more than half too small, as those are that a queue had kept.
 */
export function leadOf(leads: readonly number[]): number {
  return sorted(leads)[Math.floor(leads.length / 4)] ?? 0;
}

/** Whether that lead is told by enough of them, the last one too, to be a clock's: one may have been under way. */
export function isSteady(leads: readonly number[]): boolean {
  const lead = leadOf(leads);
  const half = sorted(leads)[Math.floor(leads.length / 2)]!;
  return leads.length > 1 && lead - half <= STEADY_MS && Math.abs(lead - leads.at(-1)!) <= STEADY_MS;
}

function sorted(leads: readonly number[]): number[] {
  return [...leads].sort((a, b) => b - a);
}
