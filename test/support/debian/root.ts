import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { absent, find, forbidden, needs } from '../require.ts';
import { temporaryFolder } from '../tmp.ts';

/** The release of Debian that the tests install. */
export const SUITE = process.env['CORDWOOD_DEBIAN'] ?? 'bookworm';
/**
 * What the smallest set of packages, which is for build machines, lacks: systemd, which every server has, and the agent
 * that the pages install, so that the tests need no network once this root is there.
 */
const INCLUDED = 'systemd,rsyslog,rsyslog-openssl,rsyslog-relp,ca-certificates';
/** Only root can write here: a root file system in a folder that others can write might be anybody's. */
const CACHE = '/var/cache/cordwood-tests';
/** The next run makes a new one after this time, ms: a mirror deletes packages that have a newer version. */
const FRESH_MS = 7 * 24 * 3600 * 1000;
/** dpkg syncs each file to the disk, and a root that is thrown away needs none of that. */
const FAST = { DPKG_FORCE: 'unsafe-io', DEBIAN_FRONTEND: 'noninteractive' };

/** The certificates that this machine trusts, as files in the root: its registries may be behind a proxy of its own. */
const TRUSTED = { here: '/etc/ssl/certs/ca-certificates.crt', there: '/etc/trusted-by-the-host.pem' };

/** Where a machine finds what npm has already downloaded here: that of `npm ci` in this checkout, for one. */
export const NPM_CACHE = '/var/cache/npm-of-the-host';

/** What `skip` takes: false if this machine can install a Debian and boot it. */
export function needsDebian(): string | false {
  if (process.getuid?.() !== 0) return absent('a root user, who can install a Debian in a folder,');
  for (const program of ['debootstrap', 'unshare', 'nsenter', 'setpriv', 'ip']) {
    const reason = needs(program);
    if (reason) return reason;
  }
  if (!mayBoot()) return forbidden('control groups, namespaces or overlays');
  const url = mirror();
  if (url === undefined) return absent(`a mirror of Debian's ${SUITE} among apt's sources`);
  using folder = temporaryFolder();
  const release = [`${url}/dists/${SUITE}/Release`, join(folder.path, 'Release')];
  // The mirror answers if the network is there at all.
  return succeeds('/usr/lib/apt/apt-helper', 'download-file', ...release) ? false : absent(`the network to ${url}`);
}

/** Whether the kernel, and the container that this may be, permit what booting a root takes. */
function mayBoot(): boolean {
  const group = / (\S+) cgroup2 /.exec(readFileSync('/proc/mounts', 'utf8'))?.[1];
  if (group === undefined) return false;
  const own = join(group, `cordwood-trial-${process.pid}`);
  const script = `
    mkdir "$0" && rmdir "$0" &&
    mount -t tmpfs tmpfs /mnt && mkdir /mnt/lower /mnt/upper /mnt/work /mnt/root &&
    mount -t overlay -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root &&
    mount -t proc proc /mnt/root`;
  const namespaces = ['--mount', '--pid', '--fork', '--net', '--ipc', '--uts', '--cgroup', '--propagation', 'private'];
  return succeeds('unshare', ...namespaces, '/bin/sh', '-c', script, own);
}

function succeeds(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** The mirror in the machine's own sources of apt, which has other releases beside the machine's own. */
function mirror(): string | undefined {
  if (find('apt-get') === undefined) return undefined;
  const format = '$(CODENAME) $(COMPONENT) $(REPO_URI)';
  const sources = execFileSync('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], {
    encoding: 'utf8',
  });
  const own = new RegExp(`^${SUITE} main (\\S+?)/?$`, 'm').exec(sources)?.[1];
  return own ?? /^(?:bookworm|trixie) main (\S+?)\/?$/m.exec(sources)?.[1];
}

/**
 * The root of a Debian in which the given commands ran, which need its package manager but no service manager. It is
 * made once a week and kept; nothing may write to it, see `Machine`.
 */
export function debianAfter(commands: readonly string[]): { readonly path: string; readonly isNew: boolean } {
  const key = createHash('sha256')
    .update(JSON.stringify([SUITE, INCLUDED, mirror(), commands]))
    .digest('hex');
  const path = join(CACHE, `debian-${SUITE}-${key.slice(0, 16)}`);
  mkdirSync(CACHE, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(CACHE)) {
    const old = join(CACHE, name);
    if (Date.now() - statSync(old).ctimeMs > FRESH_MS) rmSync(old, { recursive: true, force: true });
  }
  const isNew = !existsSync(path);
  // Test files run side by side: the first one makes it, the others wait.
  const make = [process.execPath, import.meta.filename, path, ...commands];
  if (isNew) execFileSync('flock', [join(CACHE, 'lock'), ...make], { stdio: ['ignore', 'pipe', 'inherit'] });
  return { path, isNew };
}

function makeRoot(path: string, commands: readonly string[]): void {
  if (existsSync(path)) return;
  const made = mkdtempSync(`${path}-`);
  const args = ['--variant=minbase', `--include=${INCLUDED}`, SUITE, made, mirror()!];
  execFileSync('debootstrap', args, { env: { ...process.env, ...FAST }, stdio: 'pipe' });
  chmodSync(made, 0o755);
  connect(made);
  for (const command of commands) runIn(made, command);
  renameSync(made, path);
}

/** Gives a root this machine's way to its mirrors, and answers apt's question whether to go on. */
export function connect(root: string): void {
  mkdirSync(join(root, 'etc/apt/apt.conf.d'), { recursive: true });
  for (const file of ['/etc/resolv.conf', '/etc/hosts']) {
    rmSync(join(root, file), { force: true });
    copyFileSync(file, join(root, file));
  }
  if (existsSync(TRUSTED.here)) copyFileSync(TRUSTED.here, join(root, TRUSTED.there));
  const proxies = execFileSync('apt-config', ['dump'], { encoding: 'utf8' }).match(/^Acquire::https?::Proxy.*$/gim);
  const lines = ['APT::Get::Assume-Yes "true";', ...(proxies ?? [])];
  writeFileSync(join(root, 'etc/apt/apt.conf.d/90tests'), `${lines.join('\n')}\n`);
}

/** The environment of a root shell in that Debian, with this machine's way to npm's registry. */
export function rootEnvironment(): Record<string, string> {
  const proxies = Object.entries(process.env).filter(([name]) => /^(https?|no)_proxy$/i.test(name));
  return {
    ...(Object.fromEntries(proxies) as Record<string, string>),
    ...FAST,
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    npm_config_registry: npmSetting('registry'),
    npm_config_cache: NPM_CACHE,
    npm_config_prefer_offline: 'true',
    ...(existsSync(TRUSTED.here) && { npm_config_cafile: TRUSTED.there, NODE_EXTRA_CA_CERTS: TRUSTED.there }),
  };
}

/** The folder of this machine in which npm keeps what it has downloaded. */
export function npmCache(): string {
  return npmSetting('cache');
}

function npmSetting(key: string): string {
  return execFileSync('npm', ['config', 'get', key], { encoding: 'utf8', cwd: '/' }).trim();
}

function runIn(root: string, command: string): void {
  const script = 'mount -t proc proc "$0/proc" && exec chroot "$0" /bin/sh -ec "$1"';
  const args = ['--mount', '--pid', '--fork', '--kill-child', '/bin/sh', '-c', script, root, command];
  try {
    execFileSync('unshare', args, { env: rootEnvironment(), stdio: 'pipe', encoding: 'utf8' });
  } catch (error) {
    throw new Error(`${command} failed:\n${(error as { stderr: string }).stderr}`, { cause: error });
  }
}

if (import.meta.main) makeRoot(process.argv[2]!, process.argv.slice(3));
