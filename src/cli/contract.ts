import type { BackedUp, BackupOptions, Restored, RestoreOptions } from '../backup/contract.ts';
import type { Logger } from '../base/log.ts';
import type { Environment, Settings } from '../config/index.ts';
import type { Client } from '../ask/contract.ts';
import type { TestResult } from '../forward/contract.ts';
import type { ForwardSettings } from '../forward/registry.ts';
import type { Listener } from '../listen/contract.ts';
import type { MessageBatch } from '../model/batch.ts';
import type { Outcomes } from '../model/outcome.ts';
import type { Converted, ConvertTarget, Copied, CopyOptions, DeadLetterService } from '../transfer/contract.ts';

/** What `main.ts` passes to the command line, which may import neither the server nor the stores. */
export type Services = {
  /** Runs the server until a signal stops it. @returns the exit code */
  serve(settings: Settings, options: ServeOptions): Promise<number>;
  /** Opens the pipeline of the settings, which changes and drops rows and assigns them to streams. */
  pipeline(settings: Settings): Promise<(batch: MessageBatch, outcomes: Outcomes) => void>;
  /** Opens the store itself, when no server is running. */
  openLocal(settings: Settings): Promise<Client>;
  /** Notes about the store as it is: when each of its collections expires. */
  checkStore(settings: Settings): Promise<readonly string[]>;
  /** Sends one line, marked as a test, to each address of a destination. */
  tryForward(settings: ForwardSettings): Promise<readonly TestResult[]>;
  /** Opens the messages that the store of a data folder refused. */
  deadLetters(settings: Settings): Promise<DeadLetterService>;
  /** Copies the embedded store of a data folder to MongoDB. @throws CordwoodError */
  copy(settings: Settings, options: CopyOptions): Promise<Copied>;
  /** Rewrites documents that an earlier build wrote to MongoDB. @throws CordwoodError */
  convert(settings: Settings, options: ConvertTarget): Promise<Converted>;
  /** Copies the data folder of a server that may be running. @throws CordwoodError */
  backUp(settings: Settings, options: BackupOptions): Promise<BackedUp>;
  /** Puts a backup in place as the data folder. @throws CordwoodError */
  restore(settings: Settings, options: RestoreOptions): Promise<Restored>;
};

export type ServeOptions = {
  readonly logger: Logger;
  /** Reads the configuration again, with the same flags. @throws CordwoodError ERR_CONFIG */
  readonly reload: () => Promise<Settings>;
  /** Called once the server has started, with its open listeners, and the web page if it is on. */
  readonly onServing: (listeners: readonly Listener[], web: ServedWeb | undefined) => void;
};

/** The web page of a server: its address, and one that logs in once. */
export type ServedWeb = { readonly url: string; readonly link: string };

/** A standard stream, or a test's replacement for one. */
export type Sink = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Standard input; on a terminal, its echo can be turned off. */
type Stdin = AsyncIterable<Uint8Array> & {
  destroy?(): void;
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
  iterator?(options: { destroyOnReturn: boolean }): AsyncIterable<Uint8Array>;
};

/** The surroundings of the command line; `run` uses the process's own by default. */
export type Terminal = {
  readonly env: Environment;
  readonly stdin: Stdin;
  /** Whether stdin is a terminal; `stdin` itself need not be opened to know it. */
  readonly stdinIsTTY?: boolean;
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** ms. */
  readonly now: () => number;
  /** Calls `stop` on Ctrl-C; disposing stops listening. */
  readonly onInterrupt: (stop: () => void) => Disposable;
  /** Ends the process at once, whatever is still under way; absent in tests. */
  readonly exit?: (code: number) => void;
};
