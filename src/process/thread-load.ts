import { getHeapStatistics } from 'node:v8';
import { performance } from 'node:perf_hooks';
import { counter, type Counters, gauge, labelledNames } from '../base/counters.ts';
import { IdleHeap } from './idle-heap.ts';

/** How often a thread looks at itself, ms. */
const EVERY_MS = 1000;

/** The threads that every server has. */
const THREADS = ['main', 'writer', 'reader'] as const;
type ThreadName = (typeof THREADS)[number] | 'forwarder';

/** What each thread tells about itself. */
export const THREAD_COUNTERS = [
  gauge('threads.<thread>.memory', 'bytes', 'Memory of a thread: the heap of V8, and what its objects hold outside'),
  gauge(
    'threads.<thread>.delay',
    'milliseconds',
    'How late the event loop of a thread was at the last look, each second',
  ),
  counter('threads.<thread>.busy', 'milliseconds', 'Time in which the event loop of a thread did not wait'),
] as const;

/** The names of these counters, made by the server before its threads start. */
export function threadCounters(threads: readonly ThreadName[] = THREADS): string[] {
  return labelledNames(THREAD_COUNTERS, threads);
}

/** Has the calling thread tell how much memory it takes and how busy it is, and collect its heap when it is quiet, until disposed of. */
export function watchThread(thread: ThreadName, counters: Counters): Disposable {
  const [memory, delay, busy] = ['memory', 'delay', 'busy'].map((what) =>
    counters.counter(`threads.${thread}.${what}`),
  );
  const idleHeap = new IdleHeap();
  let due = performance.now() + EVERY_MS;
  const look = (): void => {
    const now = performance.now();
    const { total_physical_size: heap, external_memory: external } = getHeapStatistics();
    memory!.set(heap + external);
    delay!.set(Math.max(0, Math.round(now - due)));
    const { active } = performance.eventLoopUtilization();
    busy!.set(Math.round(active));
    due = now + EVERY_MS;
    idleHeap.look(active);
  };
  const timer = setInterval(look, EVERY_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
