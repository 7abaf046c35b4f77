import type { Random } from './random.ts';

/** A body with its severity; `{…}` is filled in by `FILLERS`. */
export type Template = readonly [severity: number, text: string];
/** What one program writes: facility, share of all lines, role of the hosts it runs on, templates (the first are the commonest). */
export type Program = {
  readonly name: string;
  readonly facility: number;
  readonly share: number;
  readonly roles: string;
  readonly pid: 'fixed' | 'forked' | 'none';
  readonly templates: readonly Template[];
};

const APIS = [
  '/api/v1/orders',
  '/api/v1/cart',
  '/api/v2/users',
  '/static/app.js',
  '/login',
  '/search',
  '/img/logo.png',
  '/api/v1/stock',
  '/health',
  '/checkout',
];
const USERS = [
  'root',
  'deploy',
  'alice',
  'bob',
  'carol',
  'backup',
  'postgres',
  'jenkins',
  'admin',
  'dave',
  'erin',
  'www-data',
];
const JOBS = ['daily-report', 'send-invoices', 'sync-stock', 'rotate-keys', 'prune-sessions', 'rebuild-index'];
const DEVICES = ['eth0', 'ens192', 'bond0', 'docker0', 'veth4f1c'];
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
  'curl/8.5.0',
  'kube-probe/1.31',
  'Go-http-client/2.0',
];

/** How each placeholder of a template is made up. */
export const FILLERS: Readonly<Record<string, (random: Random) => string>> = {
  ip: (r) => `10.${r.below(4)}.${r.below(16)}.${1 + r.skewed(250)}`,
  wan: (r) => `${20 + r.skewed(180)}.${r.skewed(256)}.${r.below(256)}.${r.below(256)}`,
  port: (r) => String(32768 + r.below(28232)),
  user: (r) => USERS[r.skewed(USERS.length)]!,
  hex8: (r) => r.hex(8),
  hex12: (r) => r.hex(12),
  uuid: (r) => `${r.hex(8)}-${r.hex(4)}-4${r.hex(3)}-a${r.hex(3)}-${r.hex(12)}`,
  path: (r) => (r.below(3) ? APIS[r.skewed(APIS.length)]! : `${APIS[r.skewed(4)]!}/${r.skewed(90_000)}`),
  status: (r) => ['200', '200', '200', '200', '304', '301', '404', '201'][r.skewed(8)]!,
  bytes: (r) => String(r.skewed(60_000)),
  ms: (r) => String(1 + r.skewed(900)),
  secs: (r) => `0.${String(r.skewed(1000)).padStart(3, '0')}`,
  n: (r) => String(r.skewed(1000)),
  big: (r) => String(r.below(10_000_000)),
  job: (r) => JOBS[r.skewed(JOBS.length)]!,
  dev: (r) => DEVICES[r.skewed(DEVICES.length)]!,
  agent: (r) => AGENTS[r.skewed(AGENTS.length)]!,
  method: (r) => ['GET', 'GET', 'GET', 'POST', 'PUT'][r.skewed(5)]!,
  queue: (r) => `${r.hex(10).toUpperCase()}`,
  pct: (r) => String(r.below(100)),
  word: (r) => ['orders', 'users', 'stock', 'sessions', 'invoices', 'events'][r.skewed(6)]!,
};

const WEB: readonly Template[] = [
  [
    6,
    '{wan} - - "{method} {path} HTTP/1.1" {status} {bytes} "https://shop.example.org{path}" "{agent}" rt={secs} id={hex12}',
  ],
  [6, '{wan} - {user} "{method} {path} HTTP/2.0" {status} {bytes} "-" "{agent}" rt={secs} id={hex12}'],
  [6, '{ip} - - "GET /health HTTP/1.1" 200 2 "-" "kube-probe/1.31" rt=0.001'],
  [
    3,
    '{n}#{n}: *{big} upstream timed out (110: Connection timed out) while reading response header from upstream, client: {wan}, request: "{method} {path} HTTP/1.1", upstream: "http://{ip}:8080{path}"',
  ],
  [
    4,
    '{n}#{n}: *{big} an upstream response is buffered to a temporary file /var/cache/nginx/{hex8} while reading upstream, client: {wan}',
  ],
];
const SERVICE: readonly Template[] = [
  [
    6,
    'level=info caller=server/handler.go:{n} msg="request completed" method={method} path={path} status={status} duration={ms}ms request_id={uuid}',
  ],
  [
    6,
    'level=info caller=cache/lookup.go:88 msg="cache lookup" tenant=tenant-{pct} key={word}:{n} hit=true duration={ms}us trace={hex8}',
  ],
  [7, 'level=debug msg="acquired connection" pool=main idle={n} in_use={n} waited={ms}us'],
  [4, 'level=warn msg="slow query" table={word} duration={ms}ms timeout=2000ms rows={n} request_id={uuid}'],
  [
    3,
    'level=error msg="call failed" service={word} error="context deadline exceeded: timeout after {ms}ms" attempt={n} request_id={uuid}',
  ],
  [6, 'level=info msg="published event" topic={word} partition={pct} offset={big} bytes={bytes}'],
];
const SSHD: readonly Template[] = [
  [6, 'Accepted publickey for {user} from {ip} port {port} ssh2: ED25519 SHA256:{hex12}{hex12}'],
  [6, 'Failed password for invalid user {user} from {wan} port {port} ssh2'],
  [6, 'Connection closed by authenticating user {user} {wan} port {port} [preauth]'],
  [6, 'pam_unix(sshd:session): session opened for user {user}(uid={n}) by {user}(uid=0)'],
  [6, 'Received disconnect from {wan} port {port}:11: Bye Bye [preauth]'],
];
const SYSTEMD: readonly Template[] = [
  [6, 'Started Session {big} of User {user}.'],
  [6, '{job}.service: Deactivated successfully.'],
  [6, 'Finished {job}.service - Run the {job} job on behalf of the operations team.'],
  [6, '{job}.service: Consumed {n}ms CPU time, {n}.{pct}M memory peak.'],
  [4, '{job}.service: State stop-sigterm timed out. Killing process {port} after the stop timeout.'],
];
const KERNEL: readonly Template[] = [
  [
    4,
    '[UFW BLOCK] IN={dev} OUT= MAC=52:54:00:a1:b2:c3 SRC={wan} DST={ip} LEN=60 TOS=0x00 PREC=0x00 TTL={pct} ID={port} DF PROTO=TCP SPT={port} DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0',
  ],
  [6, '{dev}: Link is Up - 10Gbps/Full - flow control off'],
  [
    3,
    'Out of memory: Killed process {port} (java) total-vm:{big}kB, anon-rss:{big}kB, file-rss:0kB, UID:{n} pgtables:{n}kB',
  ],
];
const POSTGRES: readonly Template[] = [
  [6, 'LOG:  duration: {ms}.{n} ms  statement: SELECT id, name, updated_at FROM {word} WHERE id = {big} LIMIT 1'],
  [
    6,
    'LOG:  checkpoint complete: wrote {n} buffers ({pct}%); 0 WAL file(s) added, {pct} removed; write={n}.{n} s, sync=0.{n} s',
  ],
  [3, 'ERROR:  canceling statement due to statement timeout; user={user} db={word} pid={port}'],
  [6, 'LOG:  connection authorized: user={user} database={word} application_name=api-{pct} SSL enabled'],
];
const POSTFIX: readonly Template[] = [
  [
    6,
    '{queue}: to=<{user}@example.net>, relay=mx{pct}.example.net[{wan}]:25, delay={n}.{pct}, delays=0.1/0/0.4/1.2, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as {queue})',
  ],
  [6, '{queue}: from=<{user}@shop.example.org>, size={bytes}, nrcpt=1 (queue active)'],
  [6, 'connect from unknown[{wan}]'],
  [4, '{queue}: lost connection with mx{pct}.example.net[{wan}] while sending end of data; timeout exceeded'],
];
const CRON: readonly Template[] = [
  [6, '({user}) CMD (/usr/local/bin/{job} --quiet --lock /run/lock/{job}.lock >/dev/null 2>&1)'],
  [6, 'pam_unix(cron:session): session closed for user {user}'],
];
const HAPROXY: readonly Template[] = [
  [
    6,
    '{wan}:{port} [{hex8}] https~ be_{word}/web{pct} 0/0/{n}/{ms}/{ms} {status} {bytes} - - ---- {n}/{n}/{pct}/{pct}/0 0/0 "{method} {path} HTTP/1.1"',
  ],
  [
    5,
    'Server be_{word}/web{pct} is DOWN, reason: Layer4 timeout, check duration: {ms}ms. {pct} active and 0 backup servers left.',
  ],
];
const DAEMON: readonly Template[] = [
  [6, 'synchronised to {ip}, stratum 3, offset 0.000{n} s, jitter 0.000{n} s'],
  [5, 'configuration reloaded from /etc/{word}.conf: {n} entries, {pct} changed, took {ms} ms'],
  [6, 'worker {pct} finished job {uuid} ({job}) in {ms} ms, {n} items, {bytes} bytes'],
  [4, 'retrying {job} for tenant {n} after error 0x{hex8}, attempt {pct}'],
];

const program = (
  name: string,
  facility: number,
  share: number,
  roles: string,
  templates: readonly Template[],
  pid: Program['pid'] = 'fixed',
): Program => ({ name, facility, share, roles, pid, templates });

/** 40 programs. */
export const PROGRAMS: readonly Program[] = [
  program('nginx', 22, 190, 'w', WEB),
  program('haproxy', 16, 90, 'lw', HAPROXY),
  program('orders-api', 17, 80, 'a', SERVICE),
  program('cart-api', 17, 60, 'a', SERVICE),
  program('users-api', 17, 50, 'a', SERVICE),
  program('search-api', 17, 40, 'a', SERVICE),
  program('stock-worker', 18, 30, 'a', SERVICE),
  program('sshd', 10, 60, 'wadlm', SSHD, 'forked'),
  program('systemd', 3, 50, 'wadlm', SYSTEMD),
  program('kernel', 0, 50, 'wadlm', KERNEL, 'none'),
  program('postgres', 16, 60, 'd', POSTGRES, 'forked'),
  program('CRON', 9, 40, 'wadlm', CRON, 'forked'),
  program('postfix/smtp', 2, 30, 'm', POSTFIX, 'forked'),
  program('postfix/qmgr', 2, 20, 'm', POSTFIX),
  program('postfix/smtpd', 2, 20, 'm', POSTFIX, 'forked'),
  ...['chronyd', 'rsyslogd', 'dockerd', 'containerd', 'kubelet', 'etcd', 'consul', 'vault', 'redis-server'].map(
    (name) => program(name, 3, 8, 'wadlm', DAEMON),
  ),
  ...['rabbitmq', 'kafka', 'zookeeper', 'prometheus', 'node_exporter', 'grafana-server', 'alertmanager'].map((name) =>
    program(name, 19, 6, 'ad', DAEMON),
  ),
  ...['sudo', 'su', 'polkitd', 'auditd', 'dbus-daemon', 'NetworkManager', 'snapd', 'fail2ban', 'unattended-upgr'].map(
    (name) => program(name, 4, 4, 'wadlm', DAEMON, 'forked'),
  ),
];
