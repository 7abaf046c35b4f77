import type { Logger } from '../base/log.ts';
import type { Environment, Settings } from '../config/index.ts';
import type { Client } from '../ask/contract.ts';
import type { MessageBatch } from '../model/batch.ts';
import type { JsonMessage } from '../model/json.ts';
import type { Outcomes } from '../model/outcome.ts';

/** What the command line is handed, since it may import neither the server nor the store. */
export type Services = {
  /** Serves until it is told to stop by a signal. @returns the exit code */
  serve(settings: Settings, options: ServeOptions): Promise<number>;
  /** What the stages and streams of the settings make of rows that were just read. */
  pipeline(settings: Settings): Promise<(batch: MessageBatch, outcomes: Outcomes) => void>;
  /** Opens the store where no server runs. */
  openLocal(settings: Settings): Promise<Client>;
  /** What is to be said of the store as it is: when which of its collections expires. */
  checkStore(settings: Settings): Promise<readonly string[]>;
  /** What the store of a data folder refuses. */
  deadLetters(settings: Settings): Promise<DeadLetters>;
  /** Copies what the embedded store of a data folder holds into MongoDB. @throws CordwoodError */
  copy(settings: Settings, options: CopyOptions): Promise<Copied>;
};

export type CopyOptions = {
  /** Where to; that of the settings where nothing is said. */
  readonly uri?: string;
  readonly database?: string;
  readonly passwordFile?: string;
  readonly signal: AbortSignal;
  /** Told after each batch: messages copied in this run, messages that the source holds, the time reached (ms). */
  readonly onProgress: (copied: number, held: number, reached: number) => void;
  /** Told of each failure of the target that another try follows. */
  readonly onFailure: (reason: string) => void;
};

/** What a run has copied, and by stream how many messages either side has of what was ever copied. */
export type Copied = {
  readonly messages: number;
  readonly streams: readonly { readonly stream: string; readonly source: number; readonly target: number }[];
};

/** A message that the store refuses, and why. */
export type DeadLetterRow = {
  readonly id: string;
  /** When it was put aside, ms. */
  readonly at: number;
  readonly reason: string;
  readonly message: JsonMessage;
};

export type DeadLetters = {
  /** In order of arrival. */
  list(): DeadLetterRow[];
  /** Tries to store these; @returns the ids of those that are stored now */
  retry(letters: readonly DeadLetterRow[]): Promise<string[]>;
};

export type ServeOptions = {
  readonly logger: Logger;
  /** Reads the configuration again, as the command line meant it. @throws CordwoodError ERR_CONFIG */
  readonly reload: () => Promise<Settings>;
  /** Says something to whoever started the server: where it listens, what to try next. */
  readonly print: (text: string) => void;
};

/** Where text goes: a standard stream, or what a test puts in its place. */
export type Sink = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** What the command line knows of the world; `run` takes the process's own unless told. */
export type Terminal = {
  readonly env: Environment;
  readonly stdin: AsyncIterable<Uint8Array> & { destroy?(): void };
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** ms. */
  readonly now: () => number;
  /** Calls back when the user wants it to end (Ctrl-C); disposing of it stops listening. */
  readonly onInterrupt: (stop: () => void) => Disposable;
};
