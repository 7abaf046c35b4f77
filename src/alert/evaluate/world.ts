import type { HostsWorld } from '../../hosts/contract.ts';

/** What rules are judged on. */
export type AlertWorld = HostsWorld & {
  /**
   * Whether we were listening all the time between two times, ms: absence means nothing otherwise.
   */
  covered(from: number, to: number): Promise<boolean>;
};
