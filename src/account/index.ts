export { Accounting, type AccountingOptions } from './accounting.ts';
export { type AccountOptions, readAccount } from './balance.ts';
export { ACCOUNT_COUNTERS, accountCounters } from './counters.ts';
export { type CoverageOptions, openCoverage } from './coverage.ts';
export { WaitingCounters } from './waiting-counters.ts';
