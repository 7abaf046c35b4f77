import { readFileSync } from 'node:fs';
import { type Level, level, one, seconds } from './levels.ts';
import { PART_NAMES } from './parts.ts';

/** Kinds of memory as the kernel tells them apart (proc_pid_status(5)). */
const MEMORY = { anonymous: 'RssAnon', file: 'RssFile', shared: 'RssShmem' } as const;

/** Levels that the server knows without its store. */
export const SERVER_LEVELS: readonly Level[] = [
  level(
    'build_info',
    { labels: ['version', 'node_version'], help: 'Always 1; the labels say what runs' },
    ({ status }) => [[{ version: status.version, node_version: process.versions.node }, 1]],
  ),
  level('ready', { help: '1 if the server is ready: it receives, stores and answers' }, ({ unready }) =>
    one(unready.length === 0 ? 1 : 0),
  ),
  level('degraded', { help: '1 if something does not work although the server is ready' }, ({ degraded }) =>
    one(degraded.length > 0 ? 1 : 0),
  ),
  level('spool_limit_bytes', { help: 'Most bytes that the spool may have' }, ({ status }) => one(status.spool.limit)),
  level(
    'visible_lag_seconds',
    { help: 'How long messages take from their arrival until a search finds them; about 1 while nothing arrives' },
    ({ visibleAt, now }) => one(visibleAt === undefined ? undefined : seconds(Math.max(0, now - visibleAt))),
  ),
  level(
    'listener_info',
    { labels: ['listener', 'kind'], help: 'Always 1; one series for each open listener' },
    ({ status }) => status.listeners.map(({ name, kind }) => [{ listener: name, kind }, 1]),
  ),
  level(
    'listener_receive_buffer_bytes',
    { labels: ['listener'], help: 'Receive buffer that the kernel granted to a UDP listener' },
    ({ status }) =>
      status.listeners.flatMap(({ name, receiveBuffer }) =>
        receiveBuffer === undefined ? [] : [[{ listener: name }, receiveBuffer] as const],
      ),
  ),
  level(
    'certificate_expiry_timestamp_seconds',
    { labels: ['listener'], help: 'When the first certificate of a listener expires: its own, or one of its CAs' },
    ({ status }) =>
      status.listeners.flatMap(({ name, certificateExpires }) =>
        certificateExpires === undefined ? [] : [[{ listener: name }, seconds(certificateExpires)] as const],
      ),
  ),
  level(
    'web_certificate_expiry_timestamp_seconds',
    { help: 'When the first certificate of the web page expires; absent without TLS' },
    ({ webCertificateExpires: at }) => one(at === undefined ? undefined : seconds(at)),
  ),
  level(
    'memory_bytes',
    { labels: ['kind'], help: 'Resident memory of the process with all its threads: anonymous, of files, and shared' },
    memory,
  ),
  level(
    'scrape_success',
    { labels: ['part'], help: '1 if the store answered for a part of these metrics; if not, its families are missing' },
    ({ parts }) => PART_NAMES.map((part) => [{ part }, parts[part] === undefined ? 0 : 1]),
  ),
];

/** Reading /proc/self/status takes the kernel no walk through the pages. */
function memory(): [{ kind: string }, number][] {
  const text = statusFile();
  return Object.entries(MEMORY).flatMap(([kind, key]) => {
    const kilobytes = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    return kilobytes === undefined ? [] : [[{ kind }, Number(kilobytes) * 1024] as [{ kind: string }, number]];
  });
}

function statusFile(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    // Only Linux has it.
    return '';
  }
}
