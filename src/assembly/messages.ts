import type { MessagePort } from 'node:worker_threads';
import type { Stats } from '../ask/contract.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import type { ServedWeb } from '../cli/contract.ts';
import type { Settings } from '../config/index.ts';
import type { OpenListeners } from '../ingest/index.ts';
import type { Ping, Pong, StoreOpened, StoreReady, StoreWaiting, ThreadLog } from '../process/index.ts';

/** What a thread runs with: its end of the channel to the main thread, what it was started with, and its log. */
export type ThreadParts<Data> = { readonly port: MessagePort; readonly data: Data; readonly log: Logger };

type SharedData = {
  readonly settings: Settings;
  readonly visible: SharedArrayBuffer;
  readonly counters: ReturnType<Counters['share']>;
};

export type WriterData = SharedData & { readonly spoolFolder: string; readonly durable: SharedArrayBuffer };

export type ReaderData = SharedData & {
  /** The path of the control socket. */
  readonly socket: string;
  readonly version: string;
  /** ms. */
  readonly startedAt: number;
};

/** The settings after a SIGHUP, and the names of all counters there are then. */
type Reload = { readonly kind: 'reload'; readonly settings: Settings; readonly counters: readonly string[] };

export type ToWriter =
  | Ping
  /** The spool is open. `nonce` is its name; its messages up to `lastEarlier` are of earlier runs. */
  | { readonly kind: 'start'; readonly nonce: string; readonly lastEarlier: number }
  /** These listeners are open. */
  | ({ readonly kind: 'listening' } & OpenListeners)
  | Reload
  /** Store what is durable, make it safe, and end. */
  | { readonly kind: 'drain' };

export type FromWriter =
  | ThreadLog
  | Pong
  | StoreWaiting
  | StoreOpened
  | StoreReady
  /** The spool may delete its messages up to this sequence. */
  | { readonly kind: 'safe'; readonly sequence: number };

/** What only the main thread knows: why the server is not ready, what else does not work, and its listeners. */
export type MainState = Pick<Stats, 'listeners'> & Readonly<Record<'unready' | 'degraded', readonly string[]>>;

export type ToReader =
  | Ping
  /** The writer has the store open, and this is the number of our node there. */
  | { readonly kind: 'begin'; readonly node: number }
  | ({ readonly kind: 'state' } & MainState)
  | Reload
  | { readonly kind: 'stop' };

export type FromReader =
  | ThreadLog
  | Pong
  /** The control socket is open: it reports health from now on, and answers questions once the store is open. */
  | { readonly kind: 'serving'; readonly web?: ServedWeb }
  | StoreWaiting
  /** Questions are answered and rules are judged. */
  | { readonly kind: 'ready' };

export type ForwarderData = SharedData & { readonly version: string };

export type ToForwarder =
  | Ping
  /** The writer has the store open, and this is the number of our node there. */
  | { readonly kind: 'begin'; readonly node: number }
  | Reload
  | { readonly kind: 'stop' };

/** It tells what it does by the store's state and the counters. */
export type FromForwarder = ThreadLog | Pong;
