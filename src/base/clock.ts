/**
 * Returns ms since 1970. Code that reads the time takes a clock as a parameter, so that tests can
 * set it.
 */
export type Clock = () => number;

/** The wall clock. It may be set forward or back. */
export const wallClock: Clock = () => Date.now();
