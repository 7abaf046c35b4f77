export { Alerting } from './alerting.ts';
export { maxPerHour, RunningAlerts } from './running.ts';
export { createAlertService } from './service.ts';
