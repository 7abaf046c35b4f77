import type { Args } from '../args/args.ts';
import type { Flag, Source } from '../args/flag.ts';
import type { Services, Terminal } from '../contract.ts';
import type { Output } from '../io/output.ts';

/** What a command works with. */
export type Context = {
  readonly args: Args;
  readonly terminal: Terminal;
  readonly services: Services;
  readonly output: Output;
  /** Aborted when the answer is no longer wanted: Ctrl-C, a closed pipe, a pager that quit. */
  readonly signal: AbortSignal;
  /** All commands, for completion. */
  readonly commands: () => Promise<readonly Summarised[]>;
  /** Writes a line for people to stderr, unless `-q` is given. */
  note(text: string): void;
};

/** A first word that chooses what a command does. */
export type Action = {
  readonly name: string;
  /** What follows it, e.g. `RULE TIME`. */
  readonly operands?: string;
  readonly about: string;
  /** What the first word after it is: one of these, or what a source offers. */
  readonly words?: Source | readonly string[];
};

/** A command: what its help says, and what it does. */
export type Command = {
  readonly name: string;
  /** What follows the name, e.g. `[query]`. */
  readonly operands: string;
  readonly about: string;
  readonly actions?: readonly Action[];
  /** What words are that belong to no action. */
  readonly words?: Source;
  readonly flags: readonly Flag[];
  /** Command lines with what they do; at least two. */
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** What the help says after the examples: exit codes, the grammar of times. */
  readonly epilogue: string;
  /** @returns the exit code @throws CordwoodError */
  run(context: Context): Promise<number>;
};

/** A command with the sentence that the list of commands has about it. */
export type Summarised = Command & { readonly summary: string };
