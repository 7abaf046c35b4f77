import fc from 'fast-check';

/**
 * fast-check, with the same inputs at each run, so that a change is judged by what it changes and not by luck. Who
 * goes hunting with CORDWOOD_FUZZ gets new inputs each time, or those of CORDWOOD_SEED again.
 */
const { CORDWOOD_FUZZ: fuzz, CORDWOOD_SEED: seed } = process.env;
if (seed !== undefined || fuzz === undefined) fc.configureGlobal({ seed: Number(seed ?? 5424) });

export default fc;
