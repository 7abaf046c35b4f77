import type { Agent } from './contract.ts';
import { cordwood } from './cordwood.ts';
import { docker } from './docker.ts';
import { logger } from './logger.ts';
import { rsyslog } from './rsyslog.ts';
import { syslogNg } from './syslog-ng.ts';

/** Every program that `cordwood agent print` knows how to configure. */
export const AGENTS: readonly Agent[] = [rsyslog, syslogNg, docker, logger, cordwood];
