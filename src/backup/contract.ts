/** What a backup is made of, and where it goes. */
export type BackupOptions = {
  /** A folder that does not exist yet, or is empty. */
  readonly to: string;
  readonly signal: AbortSignal;
  /** Called after each part of the store, with its bytes. */
  readonly onProgress: (bytes: number) => void;
};

export type BackedUp = {
  /** ms: every message that arrived up to here is in it. */
  readonly until: number;
  readonly bytes: number;
};

export type RestoreOptions = {
  /** The folder of a backup. */
  readonly from: string;
};

export type Restored = {
  /** As in the backup, ms. */
  readonly until: number;
  /** Messages that waited in the spool of the backup, and were stored now. */
  readonly stored: number;
};
