import { MINUTE } from '../../base/units.ts';

/**
 * How long a broken session is remembered, ms: longer than rsyslog's longest pause between two
 * attempts.
 */
export const KEPT_MS = 35 * MINUTE;
/** The most broken sessions that are remembered; the first that broke is forgotten first. */
export const MAX_BROKEN = 16_384;
/**
 * The most last frames of one session that are remembered, as far as the memory of all sessions
 * allows. A sender may leave a whole window unanswered; agents are configured with windows of up to
 * 10,000 messages.
 */
export const MAX_FRAMES = 16_384;
/**
 * Up to here, the frames of a session displace those of older sessions. More are remembered only
 * while half of the memory is free.
 */
export const FAIR_FRAMES = 4096;
