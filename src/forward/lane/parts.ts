import type { Filter } from '../../model/filter.ts';
import type { LogMessage } from '../../model/message.ts';
import type { CounterName, forwardCounter } from '../counters.ts';
import type { ForwardWorld } from '../world.ts';
import type { Position } from './position.ts';

/** What a lane and each of its connections work with. */
export type LaneParts = {
  readonly world: ForwardWorld;
  readonly filter: Filter;
  readonly position: Position;
  /** Whether a message is this lane's to send. */
  readonly isOurs: (message: LogMessage) => boolean;
  /** Whether this process may still send: it has the lease, if there is one. */
  readonly isHeld: () => boolean;
  readonly count: (what: CounterName) => ReturnType<typeof forwardCounter>;
};
