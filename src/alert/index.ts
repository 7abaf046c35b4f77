/** The front door: what judges rules and tells people. */
export { Alerting, type AlertingOptions } from './alerting.ts';
export type { DigestFacts } from './digest/report.ts';
export { createDesk, type DeskOptions } from './desk.ts';
export { listenedThrough } from '../hosts/listened.ts';
export type { Delivered } from './delivery/delivery.ts';
export { unsent } from './delivery/outbox.ts';
