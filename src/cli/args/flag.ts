/** A flag of a command: how it is read, and what the help says about it. */
export type Flag = {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** Further long names. */
  readonly aliases?: readonly string[];
  /** The name of its value in the help. A flag without it takes no value. */
  readonly value?: string;
  /** The value if none follows; then only a word that matches `takes` is read as the value. */
  readonly otherwise?: { readonly value: string; readonly takes: RegExp };
  readonly choices?: readonly string[];
  /** Whether it may be given more than once; otherwise the last one counts. */
  readonly many?: true;
  readonly group: string;
  readonly help: string;
};
