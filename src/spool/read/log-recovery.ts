import type { Logger } from '../../base/log.ts';
import type { RecoveryReport } from './recover.ts';

/** Logs what the recovery of a spool found, if it found anything. */
export function logRecovery(report: RecoveryReport, log: Logger): void {
  const { segments, records, damagedPlaces, damagedBytes, cutBytes, lastSequence } = report;
  if (segments > 0) log.info({ segments, records, lastSequence }, 'spool recovered');
  if (cutBytes > 0)
    log.warn({ cutBytes }, 'cut an interrupted write off the end of the spool; no acknowledged message is lost');
  if (damagedPlaces > 0)
    log.error({ damagedPlaces, damagedBytes }, 'the spool is damaged and messages in it are lost; check the disk');
}
