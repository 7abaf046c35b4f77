import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunSettings } from './oci.ts';
import { ROOT } from './program.ts';
import type { Component } from './sbom.ts';

/** What the smallest Debian lacks: what makes the user, CA certificates for TLS, and time zones. */
const INCLUDED = ['systemd-standalone-sysusers', 'ca-certificates', 'tzdata', 'libstdc++6'];
const DATA = '/var/lib/cordwood';
const SECONDS = 1e9;
/** Folders whose files a container does not need, or must not have from here. */
const EMPTIED = ['var/cache/apt', 'var/lib/apt/lists', 'var/log', 'var/cache/debconf', 'debootstrap', 'tmp', 'run'];

/** Makes the files of the smallest Debian that Cordwood runs on. @param mirror by default that of debootstrap */
export function layDebian(root: string, suite: string, mirror: string | undefined): void {
  if (process.getuid?.() !== 0) throw new Error('cannot make the image: debootstrap needs root; run it with sudo');
  const args = [
    '--variant=minbase',
    `--include=${INCLUDED.join(',')}`,
    suite,
    root,
    ...(mirror === undefined ? [] : [mirror]),
  ];
  execFileSync('debootstrap', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Installs the package in that Debian as an image needs it. */
export function layContainer(root: string, deb: string): void {
  copyFileSync(deb, join(root, 'cordwood.deb'));
  const script = `
    mount -t proc proc "$0/proc"
    exec chroot "$0" /bin/sh -ec 'dpkg --install /cordwood.deb; install -d -o cordwood -g cordwood -m 0750 ${DATA}'`;
  const args = ['--mount', '--pid', '--fork', '--kill-child', '/bin/sh', '-ec', script, root];
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive', DPKG_FORCE: 'unsafe-io' };
  execFileSync('unshare', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  rmSync(join(root, 'cordwood.deb'));
  cpSync(join(ROOT, 'etc/container.yaml'), join(root, 'etc/cordwood/cordwood.yaml'));
  for (const folder of EMPTIED) {
    mkdirSync(join(root, folder), { recursive: true });
    for (const name of readdirSync(join(root, folder))) rmSync(join(root, folder, name), { recursive: true });
  }
  rmSync(join(root, 'debootstrap'), { recursive: true, force: true });
  // Names and addresses of the machine that made the image; each container gets its own.
  for (const file of ['etc/resolv.conf', 'etc/hostname', 'etc/machine-id']) rmSync(join(root, file), { force: true });
}

/** How the image is run; the Dockerfile says the same. */
export function runSettings(root: string): RunSettings {
  // By number: some engines cannot tell from a name that it is not root.
  const [, , uid, gid] = /^cordwood:.*$/m.exec(readFileSync(join(root, 'etc/passwd'), 'utf8'))![0].split(':');
  return {
    User: `${uid}:${gid}`,
    ExposedPorts: { '5514/tcp': {}, '5514/udp': {} },
    Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', `CORDWOOD_DATA=${DATA}`],
    Entrypoint: ['/usr/bin/cordwood'],
    Cmd: ['serve', '--config', '/etc/cordwood/cordwood.yaml'],
    Volumes: { [DATA]: {} },
    WorkingDir: '/',
    StopSignal: 'SIGTERM',
    // Of Docker's, which the OCI specification has not; others ignore it.
    Healthcheck: {
      Test: ['CMD', '/usr/lib/cordwood/bin/node', '/usr/lib/cordwood/health.cjs'],
      Interval: 30 * SECONDS,
      Timeout: 10 * SECONDS,
      StartPeriod: 60 * SECONDS,
    },
  };
}

/** The packages of Debian in the image. */
export function debianComponents(root: string): Component[] {
  const format = `${['Package', 'Version', 'Architecture'].map((name) => `\${${name}}`).join('\t')}\n`;
  const listed = execFileSync(
    'dpkg-query',
    ['--admindir', join(root, 'var/lib/dpkg'), '--show', '--showformat', format],
    {
      encoding: 'utf8',
    },
  );
  return listed
    .trim()
    .split('\n')
    .map((line) => {
      const [name, version, architecture] = line.split('\t') as [string, string, string];
      const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`;
      return { 'bom-ref': purl, type: 'library', name, version, purl };
    });
}
