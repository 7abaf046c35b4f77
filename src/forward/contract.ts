import type { HostPort } from '../base/schema.ts';
import type { Start } from './settings.ts';

/** The namespace of the store's state with the cursors of destinations. */
export const FORWARD = 'forward';

/** A connection over which lines go to a receiver; for UDP, a socket. Lines are numbered from 1, in the order of `send`. */
export interface Outlet extends AsyncDisposable {
  /** Whether the receiver is a Cordwood, which reads trails and beats; false if it does not say what it is. */
  readonly isCordwood: boolean;
  /**
   * Undefined if another line may be sent now, else resolves when it may.
   * @throws what the connection failed with; `Refused` if the receiver refuses a line
   */
  room(): Promise<void> | undefined;
  /** Takes a line; it may wait for `flush`. @param bytes its length in UTF-8 */
  send(line: string, bytes: number): void;
  flush(): void;
  /** The last line that need not be sent again, with all before it. */
  readonly done: number;
  /** Resolves when `done` has changed, or after `ms`. @throws as `room` does */
  progress(ms: number): Promise<void>;
}

export type OpenOutletOptions = {
  readonly to: HostPort;
  readonly version: string;
  /** Aborts the attempt to connect. */
  readonly signal: AbortSignal;
};

/** Connects to a receiver. @throws CordwoodError with the reason, for people */
export type OpenOutlet<Settings> = (settings: Settings, options: OpenOutletOptions) => Promise<Outlet>;

/** The receiver refuses lines for good, with its answers. All others up to `answered` are done. */
export class Refused extends Error {
  readonly lines: readonly number[];
  readonly answered: number;

  constructor(lines: readonly number[], answered: number, answer: string) {
    super(`the receiver refused a message: ${answer}`);
    this.lines = lines;
    this.answered = answered;
  }
}

/** The receiver has closed the connection in order: all that was sent is done, and another connection may be opened at once. */
export class Ended extends Error {}

/** Where a destination stands, in the store's state under its name. */
export type ForwardState = {
  /** Everything up to here is done, as `formatCursor` writes it. */
  readonly cursor: string;
  /** Messages done, by the number of their node. */
  readonly sent: Readonly<Record<string, number>>;
  /** Messages that were lost, cut and set aside, since the name was first seen. */
  readonly lost: number;
  readonly cut: number;
  readonly dead: number;
  /** By stream: messages that arrived before this (ms) are not sent any more, because retention deletes them. */
  readonly passed?: Readonly<Record<string, number>>;
  /** Messages that the receiver refused, to be tried again. */
  readonly aside?: readonly Aside[];
  readonly status: ForwardStatus;
};

/** A refused message: tried so many times, again at `at` (ms). */
export type Aside = { readonly id: string; readonly tries: number; readonly at: number; readonly reason: string };

/** What `forward list` shows of a destination. */
export type ForwardStatus = {
  readonly kind: string;
  /** The addresses of the configuration. */
  readonly to: readonly string[];
  /** The address that is connected, since when (ms), and whether it is a Cordwood. */
  readonly connected?: { readonly to: string; readonly since: number; readonly isCordwood: boolean };
  /** The last failure (ms), and since when no address could be reached; absent once one was. */
  readonly failure?: { readonly at: number; readonly since?: number; readonly reason: string };
  /** The arrival of the oldest message that is not done, and how many wait at most. */
  readonly oldest?: number;
  /** When retention begins to delete what waits, if all goes on as in the last minutes, ms; absent if it catches up. */
  readonly losesAt?: number;
  readonly waiting: number;
  /** Messages a second over the last minute. */
  readonly rate: number;
  /** When this was written, ms, and the number of the node that forwards. */
  readonly at: number;
  readonly node: number;
  /** When the name left the configuration, ms. */
  readonly removedAt?: number;
};

/** A row of `forward list`. */
export type ForwardRow = Omit<ForwardState, 'cursor' | 'sent'> & { readonly name: string; readonly sent: number };

/** How one address of a destination took a test. */
export type TestResult = { readonly to: string; readonly failure?: string; readonly text?: string };

/** What questions about destinations are answered from. */
export type ForwardService = {
  /** Every destination with a cursor, by name, also those that are no longer configured. */
  list(): Promise<ForwardRow[]>;
  /** Asks the process that forwards to go on from another place. @throws CordwoodError ERR_USAGE */
  skip(name: string, to: Start, why: string): Promise<void>;
};
