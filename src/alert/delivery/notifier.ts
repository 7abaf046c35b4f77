import type { Notice } from '../notices/notice.ts';

/** Sends notices through one channel. */
export interface Notifier extends AsyncDisposable {
  /** The channel. */
  readonly name: string;
  /**
   * Resolves once the other side has accepted the notice.
   * @throws Refusal if this one notice is not accepted, any other error if the channel fails
   */
  send(notice: Notice, recipient: string): Promise<void>;
}
