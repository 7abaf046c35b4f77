import type { RelayReport } from '../../cluster/contract.ts';
import type { HostsWorld } from '../../hosts/contract.ts';

/** What rules are judged on. */
export type AlertWorld = HostsWorld & {
  /**
   * Whether we were listening all the time between two times, ms: absence means nothing otherwise.
   */
  covered(from: number, to: number): Promise<boolean>;
  /** What is known of servers that forward here; absent if none can. */
  relays?(): Promise<readonly RelayReport[]>;
};
