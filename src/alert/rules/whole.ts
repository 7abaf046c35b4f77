import type { Key } from '../contract.ts';

/** The key of a rule that tells nothing apart. */
export const whole: Key = '[]';
