import { MongoError } from 'mongodb';

/* What mongod's codes say of a write that failed (error_codes.yml of mongod). */

/** A unique index has the value already: that of `_id`, or one that somebody made. */
export const DUPLICATE = 11000;

/** Codes of a whole command that one malformed or too large document is enough for. */
const MALFORMED = new Set([22, 10334, 17280, 17419, 17420]);

/** Codes that speak of one document: as above, wrong types, refused by a validator or an index that somebody made. */
const REFUSALS = new Set([
  ...[2, 9, 14, 15, 22, 28, 52, 53, 54, 55, 56, 57, 66, 116, 121, 171, 201, 357, 378],
  ...[10334, 16755, 16766, 17280, 17419, 17420],
]);

/** Codes of a cluster that does not take writes now, whatever they are. */
const PASSING = new Set([
  // Unreachable, or the connection broke.
  ...[6, 7, 89, 145, 202, 230, 279, 384, 407, 9001],
  // No primary, no longer the primary, interrupted, shutting down.
  ...[91, 94, 95, 189, 216, 237, 333, 355, 10058, 10107, 11600, 11601, 11602, 13435, 13436],
  // No majority has it.
  ...[64, 75, 79, 100],
  // Locks, conflicts, time, memory, files, too much to do.
  ...[24, 46, 50, 107, 112, 146, 208, 246, 262, 264, 290, 365, 402, 433, 449, 462],
  // The collection is being dropped, made or moved; writes are blocked.
  ...[26, 63, 70, 117, 133, 134, 149, 150, 203, 215, 227, 249, 250, 272, 276, 319, 338, 371, 13388],
  // A full disk, a quota.
  ...[8000, 12501, 14031],
  // Users and what they may.
  ...[11, 13, 18, 31, 334, 391],
]);

/** What a failed write says of what was to be written. */
export type Verdict =
  /** One of the documents can never be stored. */
  | 'refused'
  /** Nothing: another time it will be. */
  | 'passing'
  /** A code that nobody has told us of. */
  | 'unknown';

/** What the error of one document says of it. */
export function verdictOnDocument(code: number): Verdict {
  if (REFUSALS.has(code) || code === DUPLICATE) return 'refused';
  return PASSING.has(code) ? 'passing' : 'unknown';
}

/** What the error of a whole command says of its documents. */
export function verdictOnCommand(error: unknown): Verdict {
  const code = codeOf(error);
  if (code === undefined) return 'passing';
  if (MALFORMED.has(code)) return 'refused';
  const isLabelled = error instanceof MongoError && error.errorLabels.length > 0;
  return isLabelled || PASSING.has(code) ? 'passing' : 'unknown';
}

/** The server's code of an error, undefined where it has none. */
export function codeOf(error: unknown): number | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'number' ? code : undefined;
}
