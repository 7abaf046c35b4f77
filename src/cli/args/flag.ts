/** One flag of a command: what parses it and what describes it. */
export type Flag = {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** Further long names. */
  readonly aliases?: readonly string[];
  /** What stands for its value in the help; without it the flag takes none. */
  readonly value?: string;
  /** The value where none follows; then only what matches `takes` is one. */
  readonly otherwise?: { readonly value: string; readonly takes: RegExp };
  readonly choices?: readonly string[];
  /** Whether it may be given more than once; otherwise the last one counts. */
  readonly many?: true;
  readonly group: string;
  readonly help: string;
};
