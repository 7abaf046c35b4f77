/** A metric family of our own, as docs/metrics.md lists it. */
export type Family = {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** A sentence without its full stop, for the HELP line. */
  readonly help: string;
  /** Names of labels. Their values come from the configuration or from this code, never from the network. */
  readonly labels: readonly string[];
};

export type Labels = Readonly<Record<string, string>>;

/** One series of a family and its value. */
export type Sample = readonly [labels: Labels, value: number];
