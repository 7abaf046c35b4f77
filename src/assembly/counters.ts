import { ACCOUNT_COUNTERS, accountCounters } from '../account/index.ts';
import { ALERT_COUNTERS } from '../alert/contract.ts';
import { WEB_COUNTERS } from '../api/contract.ts';
import { type CounterDeclaration, Counters } from '../base/counters.ts';
import type { Settings } from '../config/index.ts';
import { FORWARD_COUNTERS, forwardCounters } from '../forward/index.ts';
import { STORE_LOOP_COUNTERS } from '../ingest/index.ts';
import { counterNames, LISTENER_COUNTERS } from '../listen/contract.ts';
import { RELAY_COUNTERS, STAGE_COUNTERS, stageCounter } from '../pipeline/index.ts';
import { THREAD_COUNTERS, threadCounters } from '../process/index.ts';
import { SPOOL_COUNTERS } from '../spool/index.ts';

/** Counters that every server has. */
const FIXED = [...SPOOL_COUNTERS, ...STORE_LOOP_COUNTERS, ...RELAY_COUNTERS, ...ALERT_COUNTERS, ...WEB_COUNTERS];

/** Counters that each listener, stage or thread has. */
const LABELLED = [
  ...LISTENER_COUNTERS,
  ...ACCOUNT_COUNTERS,
  ...STAGE_COUNTERS,
  ...THREAD_COUNTERS,
  ...FORWARD_COUNTERS,
];

/** Every counter of every room. */
export const ALL_COUNTERS: readonly CounterDeclaration[] = [...FIXED, ...LABELLED];

/** The counters of a server with these settings, in memory that threads share. */
export function createCounters(settings: Settings): Counters {
  return new Counters([...FIXED, ...threadCounters(), ...chosenCounters(settings)]);
}

type Chosen = Pick<Settings, 'listen' | 'pipeline' | 'forward'>;

/** The names of the counters that each listener and each stage of these settings has. */
export function chosenCounters({ listen, pipeline, forward }: Chosen): string[] {
  const listeners = listen.map(({ name }) => name);
  const forwards = forwardCounters(forward.map(({ name }) => name));
  return [
    ...forwards,
    ...(forwards.length > 0 ? threadCounters(['forwarder']) : []),
    ...accountCounters(listeners),
    ...listeners.flatMap(counterNames),
    ...pipeline.map(stageCounter),
  ];
}
