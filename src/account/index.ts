export { Accounting } from './accounting.ts';
export { carryOverCoverage } from './carry-over.ts';
export { readAccount } from './balance.ts';
export { ACCOUNT_COUNTERS, accountCounters } from './counters.ts';
export { openCoverage } from './coverage.ts';
export { noteForwardGap } from './note-gap.ts';
export { WaitingCounters } from './waiting-counters.ts';
