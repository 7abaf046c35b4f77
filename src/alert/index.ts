export { Alerting, type AlertingOptions } from './alerting.ts';
export { type AlertParts, type AlertSettings, maxPerHour, RunningAlerts } from './running.ts';
export { type AlertServiceOptions, createAlertService } from './service.ts';
