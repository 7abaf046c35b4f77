import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask } from '../api/client.ts';

type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

/** What became of a question that a screen asks. */
export type Asked<Answer> = {
  /** The newest answer; undefined before the first. */
  readonly value: Answer | undefined;
  /** Why it is missing or old; empty if it is as new as can be. */
  readonly fault: string;
  /** Asks again; resolves when the answer is on the screen. */
  readonly reload: () => Promise<void>;
};

/**
 * Asks `GET /api/v1/<path>` as long as the screen is shown: again whenever the parameters or `run` change, and every so
 * many ms while the page is looked at.
 */
export function useAnswer<Answer>(path: string, parameters: Parameters = {}, every = 0, run = 0): Asked<Answer> {
  const value = useSignal<Answer | undefined>(undefined);
  const fault = useSignal('');
  const key = JSON.stringify([path, parameters]);
  const load = async (abort?: AbortSignal): Promise<void> => {
    try {
      value.value = await ask<Answer>(path, parameters, abort);
      fault.value = '';
    } catch (error) {
      if (!abort?.aborted) fault.value = error instanceof Error ? error.message : String(error);
    }
  };
  useEffect(() => {
    const abort = new AbortController();
    void load(abort.signal);
    const timer = every > 0 && setInterval(() => document.hidden || void load(abort.signal), every);
    return () => {
      abort.abort();
      if (timer) clearInterval(timer);
    };
  }, [key, every, run]);
  return { value: value.value, fault: fault.value, reload: () => load() };
}
