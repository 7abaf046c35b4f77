/**
 * A signal for work that is never aborted. Each call makes one, so that listeners do not pile up on
 * a shared signal.
 */
export function neverAborted(): AbortSignal {
  return new AbortController().signal;
}
