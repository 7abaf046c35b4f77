export { Alerting } from './alerting.ts';
export { maxPerHour, RunningAlerts } from './running.ts';
export { createAlertService } from './service.ts';
export { createWorld, type WorldParts } from './world.ts';
