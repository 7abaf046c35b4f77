import { MongoError } from 'mongodb';

/* What mongod's error codes (error_codes.yml of mongod) mean. */

/** A unique index already has the value: the index of `_id`, or one that the administrator added. */
export const DUPLICATE = 11000;

/** The index that a hint names does not exist. */
export const HINT_MISSING = 2;

/** Codes of a whole command that a single malformed or too large document can cause. */
const MALFORMED = new Set([22, 10334, 17280, 17419, 17420]);

/**
 * Codes about one document: as above, wrong types, refused by a validator or an index that the
 * administrator added.
 */
const REFUSALS = new Set([
  ...[2, 9, 14, 15, 22, 28, 52, 53, 54, 55, 56, 57, 66, 116, 121, 171, 201, 357, 378],
  ...[10334, 16755, 16766, 17280, 17419, 17420],
]);

/** Codes of a cluster that accepts no writes at present, whatever their documents. */
const TRANSIENT = new Set([
  // Unreachable, or connection lost.
  ...[6, 7, 89, 145, 202, 230, 279, 384, 407, 9001],
  // No primary, no longer the primary, interrupted, shutting down.
  ...[91, 94, 95, 189, 216, 237, 333, 355, 10058, 10107, 11600, 11601, 11602, 13435, 13436],
  // Not replicated to a majority.
  ...[64, 75, 79, 100],
  // Locks, conflicts, timeouts, out of memory or file handles, overload.
  ...[24, 46, 50, 107, 112, 146, 208, 246, 262, 264, 290, 365, 402, 433, 449, 462],
  // The collection is being dropped, created or moved; writes are blocked.
  ...[26, 63, 70, 117, 133, 134, 149, 150, 203, 215, 227, 249, 250, 272, 276, 319, 338, 371, 13388],
  // Disk full, quota exceeded.
  ...[8000, 12501, 14031],
  // Authentication and authorization.
  ...[11, 13, 18, 31, 334, 391],
]);

/** What a failed write means for its documents. */
export type Verdict =
  /** One of the documents will never be accepted. */
  | 'refused'
  /** The documents are not to blame: a later attempt may succeed. */
  | 'transient'
  /** An unlisted code. */
  | 'unknown';

/** What the error of one document means for it. */
export function verdictOnDocument(code: number): Verdict {
  if (REFUSALS.has(code) || code === DUPLICATE) return 'refused';
  return TRANSIENT.has(code) ? 'transient' : 'unknown';
}

/** What the error of a whole command means for its documents. */
export function verdictOnCommand(error: unknown): Verdict {
  const code = codeOf(error);
  if (code === undefined) return 'transient';
  if (MALFORMED.has(code)) return 'refused';
  const hasLabels = error instanceof MongoError && error.errorLabels.length > 0;
  return hasLabels || TRANSIENT.has(code) ? 'transient' : 'unknown';
}

/** The server's code of an error; undefined if it has none. */
export function codeOf(error: unknown): number | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'number' ? code : undefined;
}
