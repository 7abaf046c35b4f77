import type { Program, Template } from './templates.ts';

/*
 * Lines as well-known programs write them: fewer templates than the first corpus has, which repeat
 * more, with counters, block ids and addresses that real logs have.
 */

const SSHD: readonly Template[] = [
  [6, 'Failed password for root from {wan} port {port} ssh2'],
  [6, 'Failed password for invalid user {user} from {wan} port {port} ssh2'],
  [6, 'Connection closed by {wan} port {port} [preauth]'],
  [5, 'pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={wan}  user=root'],
  [4, 'reverse mapping checking getaddrinfo for host-{pct}.example.net [{wan}] failed - POSSIBLE BREAK-IN ATTEMPT!'],
  [6, 'Accepted password for {user} from {ip} port {port} ssh2'],
];
const APACHE: readonly Template[] = [
  [6, '{wan} - - "GET {path} HTTP/1.1" {status} {bytes} "-" "{agent}"'],
  [6, '{wan} - - "POST /xmlrpc.php HTTP/1.0" 200 {n} "-" "{agent}"'],
  [3, '[client {wan}] File does not exist: /var/www/html/robots.txt'],
  [5, 'jk2_init() Found child {big} in scoreboard slot {pct}'],
  [3, 'mod_jk child workerEnv in error state {pct}'],
];
const HDFS: readonly Template[] = [
  [6, 'dfs.DataNode$PacketResponder: PacketResponder {pct} for block blk_{big}{big} terminating'],
  [6, 'dfs.DataNode$DataXceiver: Receiving block blk_{big}{big} src: /{ip}:{port} dest: /{ip}:50010'],
  [
    6,
    'dfs.FSNamesystem: BLOCK* NameSystem.addStoredBlock: blockMap updated: {ip}:50010 is added to blk_{big}{big} size {bytes}',
  ],
  [4, 'dfs.DataNode$DataXceiver: {ip}:50010:Got exception while serving blk_{big}{big} to /{ip}:'],
];
const KAFKA: readonly Template[] = [
  [6, '[Controller id={n}] Partition {word}-{pct} state changed from OnlinePartition to OfflinePartition'],
  [
    6,
    '[GroupCoordinator {n}]: Preparing to rebalance group {word} with old generation {n} (reason: heartbeat expired)',
  ],
  [6, '[Log partition={word}-{pct}] Rolled new log segment at offset {big} in {ms} ms.'],
  [4, '[ReplicaFetcher replicaId={n}] Connection to node {n} could not be established. Broker may not be available.'],
];
const DPKG: readonly Template[] = [
  [6, 'status half-configured lib{word}{pct}:amd64 {pct}.{pct}-{pct}'],
  [6, 'status unpacked lib{word}{pct}:amd64 {pct}.{pct}-{pct}'],
  [6, 'upgrade lib{word}{pct}:amd64 {pct}.{pct}-1 {pct}.{pct}-2'],
];
const NOVA: readonly Template[] = [
  [
    6,
    'nova.osapi_compute.wsgi.server [req-{uuid}] {ip} "GET /v2/{hex12}/servers/detail HTTP/1.1" status: 200 len: {bytes} time: {secs}',
  ],
  [6, 'nova.compute.manager [req-{uuid}] [instance: {uuid}] VM Started (Lifecycle Event)'],
  [6, 'nova.virt.libvirt.imagecache [req-{uuid}] image {uuid} at (/var/lib/nova/instances/_base/{hex12}): checking'],
];

const program = (
  name: string,
  share: number,
  roles: string,
  of: { readonly facility: number; readonly pid: Program['pid']; readonly templates: readonly Template[] },
): Program => ({ name, share, roles, ...of });

/** The programs of the second corpus. */
export const REAL_PROGRAMS: readonly Program[] = [
  program('sshd', 20, 'wadlm', { facility: 4, pid: 'forked', templates: SSHD }),
  program('apache2', 25, 'wl', { facility: 3, pid: 'fixed', templates: APACHE }),
  program('hadoop', 25, 'd', { facility: 3, pid: 'fixed', templates: HDFS }),
  program('kafka', 15, 'a', { facility: 3, pid: 'none', templates: KAFKA }),
  program('dpkg', 5, 'wadlm', { facility: 1, pid: 'none', templates: DPKG }),
  program('nova', 10, 'a', { facility: 3, pid: 'fixed', templates: NOVA }),
];
