/** The front door: what judges rules and tells people. */
export { Alerting, type AlertingOptions } from './alerting.ts';
export { openMail } from './notifiers/mail.ts';
export { createDesk, type DeskOptions } from './desk.ts';
export { openWebhook } from './notifiers/webhook.ts';
