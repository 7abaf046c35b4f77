/** The front door: what judges rules and tells people. */
export { Alerting, type AlertingOptions } from './alerting.ts';
export type { DigestFacts } from './digest/report.ts';
export { createDesk, type DeskOptions } from './desk.ts';
export { listenedThrough } from './listened.ts';
export type { Delivered } from './delivery.ts';
export { unsent } from './outbox.ts';
