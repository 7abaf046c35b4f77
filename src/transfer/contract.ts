import type { Settings } from '../config/index.ts';
import type { Converted, ConvertOptions } from '../store/contract.ts';
import type { DeadLetter, StoreOpeners } from '../store/index.ts';

export type { Converted, DeadLetter };

/**
 * Opens the store that these settings choose.
 * @throws CordwoodError ERR_CONFIG if its password cannot be read
 */
export type OpenStore = (settings: Pick<Settings, 'store'>) => Promise<StoreOpeners>;

/** A MongoDB as flags name it. */
export type Target = {
  /** The target's address; the store of the settings if absent. */
  readonly uri?: string;
  readonly database?: string;
  readonly passwordFile?: string;
};

export type CopyOptions = Target & {
  readonly signal: AbortSignal;
  /**
   * Called after each batch: messages copied by this run, messages in the source, arrival time of
   * the last one (ms).
   */
  readonly onProgress: (copied: number, total: number, copiedUntil: number) => void;
  /** Called on each failure of the target that will be retried. */
  readonly onFailure: (reason: string) => void;
};

/** Where to convert, and what to call meanwhile. */
export type ConvertTarget = Target & ConvertOptions;

/** What a run copied, and how many of the messages copied so far each side has, by stream. */
export type Copied = {
  readonly messages: number;
  readonly streams: readonly ComparedStream[];
};

/** Messages of a stream on both sides, among those copied so far. */
export type ComparedStream = { readonly stream: string; readonly source: number; readonly target: number };

/** The dead letters of a data folder. */
export interface DeadLetterService {
  /** In order of arrival. @throws CordwoodError ERR_STORE */
  list(): DeadLetter[];
  /**
   * Tries to store these messages again, under the ids they have. Followers do not see them.
   * @returns the ids that are stored now @throws CordwoodError if the store cannot be reached
   */
  retry(letters: readonly DeadLetter[]): Promise<string[]>;
}
