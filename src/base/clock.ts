/** Milliseconds since 1970; what reads the time takes one, so that tests can set it. */
export type Clock = () => number;

/** The wall clock. It may step, in both directions. */
export const wallClock: Clock = () => Date.now();
