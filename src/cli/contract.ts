import type { Logger } from '../base/log.ts';
import type { Environment, Settings } from '../config/index.ts';
import type { Client } from '../ask/contract.ts';
import type { MessageBatch } from '../model/batch.ts';
import type { Outcomes } from '../model/outcome.ts';
import type { Copied, CopyOptions, DeadLetterService } from '../transfer/contract.ts';

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
  deadLetters(settings: Settings): Promise<DeadLetterService>;
  /** Copies what the embedded store of a data folder holds into MongoDB. @throws CordwoodError */
  copy(settings: Settings, options: CopyOptions): Promise<Copied>;
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
