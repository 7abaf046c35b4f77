/** Notices of the last week that are overdue. */
export type OutboxStatus = {
  /**
   * Deliveries that are due (each notice once for each recipient), and since when the oldest is,
   * ms.
   */
  readonly waiting: number;
  readonly since?: number;
  /**
   * Why the last attempt failed, and when the next one is due, ms; absent if they only wait for the
   * hourly limit.
   */
  readonly failure?: string;
  readonly nextAt?: number;
  /** Deliveries that were refused permanently. */
  readonly refused: number;
  readonly lastRefused?: { readonly recipient: string; readonly at: number; readonly failure: string };
};
