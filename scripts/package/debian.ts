import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  lutimesSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { copyrightText } from './licenses.ts';
import { layNode, layProgram, type Program, ROOT } from './program.ts';
import type { Revision } from './revision.ts';

/** How the files in the package are compressed: `none` is for tests, and takes a tenth of the time. */
export type Compression = 'xz' | 'none';

const HERE = join(import.meta.dirname, 'debian');
const DOC = 'usr/share/doc/cordwood';
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
/** Who publishes the package, as Debian's own tools take it: debchange(1). */
const MAINTAINER = `${process.env['DEBFULLNAME'] ?? 'The maintainers of Cordwood'} <${process.env['DEBEMAIL'] ?? 'cordwood@localhost'}>`;
const SUMMARY = 'syslog server that loses, misses and delays nothing';
const DESCRIPTION = [
  'It receives messages by UDP, TCP, TLS and RELP, has them on disk before it',
  'acknowledges them, and answers questions about them on the command line, in a',
  'browser and by REST. It sends a mail when something breaks or a host falls',
  'silent. The package contains the Node 24 that it runs on.',
];

/** The architecture of this machine, as Debian names it. @throws if there is no package for it */
export function architecture(): string {
  const name = ARCHITECTURES[process.arch];
  if (name === undefined)
    throw new Error(`cannot make a package for ${process.arch}: only amd64 and arm64 have a Node`);
  return name;
}

/** Puts every file of the package into a folder, where it will be installed. */
export async function layPackage(tree: string, revision: Revision): Promise<Program> {
  const program = await layProgram(join(tree, 'usr/lib/cordwood/app'));
  mkdirSync(join(tree, 'usr/lib/cordwood/bin'), { recursive: true });
  layNode(join(tree, 'usr/lib/cordwood/bin/node'));
  put(tree, 'usr/bin/cordwood', here('cordwood.sh'));
  put(tree, 'usr/lib/cordwood/health.cjs', here('health.cjs'));
  layUnits(tree);
  layConfiguration(tree);
  layDocuments(tree, program, revision);
  layPages(tree, revision);
  layCompletions(tree);
  put(tree, 'usr/share/lintian/overrides/cordwood', here('lintian-overrides'));
  return program;
}

function layUnits(tree: string): void {
  const units = 'usr/lib/systemd/system';
  const service = replace(fromRoot('systemd/cordwood.service'), '/usr/local/bin/cordwood', '/usr/bin/cordwood');
  put(tree, `${units}/cordwood.service`, service);
  put(tree, `${units}/cordwood.socket`, here('cordwood.socket'));
  // Its sockets are those of the service, which starts after them, also if it is restarted when they are enabled.
  const network = replace(fromRoot('systemd/cordwood.socket'), '[Socket]\n', '[Socket]\nService=cordwood.service\n');
  const wanted = replace(network, 'WantedBy=sockets.target', 'WantedBy=sockets.target cordwood.service');
  const text = replace(wanted, ', its sockets\n', ', its sockets for other machines\n');
  put(tree, `${units}/cordwood-network.socket`, text);
  put(tree, 'usr/lib/sysusers.d/cordwood.conf', fromRoot('systemd/cordwood.sysusers.conf'));
}

/** etc/cordwood.yaml, but for the listeners: they fit the sockets of the package. */
function layConfiguration(tree: string): void {
  const text = fromRoot('etc/cordwood.yaml');
  const listeners = /^# Where to listen\.[\s\S]*?\n\n/m.exec(text)?.[0];
  if (listeners === undefined) throw new Error('etc/cordwood.yaml has no section that begins "# Where to listen."');
  const own = replace(text, listeners, `${here('listen.yaml')}\n`);
  const schemas = `/${DOC}/etc/`;
  put(tree, 'etc/cordwood/cordwood.yaml', replace(own, '$schema=./', `$schema=${schemas}`));
  mkdirSync(join(tree, 'etc/cordwood/alerts.d'), { recursive: true });
}

function layDocuments(tree: string, program: Program, { version, epoch }: Revision): void {
  put(tree, `${DOC}/copyright`, copyrightText(program));
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  const changes = '  * The changes are in NEWS.md.gz.';
  const entry = `cordwood (${version}) stable; urgency=medium\n\n${changes}\n\n -- ${MAINTAINER}  ${date}\n`;
  putCompressed(tree, `${DOC}/changelog.gz`, entry);
  putCompressed(tree, `${DOC}/NEWS.md.gz`, fromRoot('CHANGELOG.md'));
  for (const path of ['README.md', 'docs', 'etc']) cpSync(join(ROOT, path), join(tree, DOC, path), { recursive: true });
}

/** Manual pages, in their sections. */
function layPages(tree: string, { epoch }: Revision): void {
  const folder = mkdtempSync(join(tmpdir(), 'cordwood-man-'));
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(epoch) };
  execFileSync(process.execPath, [join(ROOT, 'scripts/man.ts'), folder], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (const name of readdirSync(folder)) {
    const section = name.slice(name.lastIndexOf('.') + 1);
    putCompressed(tree, `usr/share/man/man${section}/${name}.gz`, readFileSync(join(folder, name), 'utf8'));
  }
  rmSync(folder, { recursive: true });
}

/** What each shell loads by itself, as the packed program prints it. */
function layCompletions(tree: string): void {
  const places = {
    bash: 'usr/share/bash-completion/completions/cordwood',
    zsh: 'usr/share/zsh/vendor-completions/_cordwood',
    fish: 'usr/share/fish/vendor_completions.d/cordwood.fish',
  };
  const program = join(tree, 'usr/lib/cordwood/app/bin/cordwood.js');
  for (const [shell, path] of Object.entries(places)) {
    put(tree, path, execFileSync(process.execPath, [program, 'completion', shell], { encoding: 'utf8' }));
  }
}

/** Makes the package of that tree. Equal trees and revisions give equal bytes. @returns its path */
export function packDebian(tree: string, out: string, { version, epoch }: Revision, compression: Compression): string {
  const [files, bytes] = normalise(tree, epoch);
  const control = join(tree, 'DEBIAN');
  mkdirSync(control, { recursive: true });
  for (const name of ['postinst', 'prerm', 'postrm']) put(tree, `DEBIAN/${name}`, here(name));
  put(tree, 'DEBIAN/conffiles', '/etc/cordwood/cordwood.yaml\n');
  put(tree, 'DEBIAN/md5sums', files.map((path) => `${md5(join(tree, path))}  ${path}\n`).join(''));
  put(tree, 'DEBIAN/control', controlText(version, Math.ceil(bytes / 1024)));
  normalise(tree, epoch);
  const path = join(out, `cordwood_${version}_${architecture()}.deb`);
  const args = ['--root-owner-group', `-Z${compression}`, '--build', tree, path];
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(epoch) };
  execFileSync('dpkg-deb', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  return path;
}

/** deb-control(5) */
function controlText(version: string, kibibytes: number): string {
  const fields = {
    Package: 'cordwood',
    Version: version,
    Architecture: architecture(),
    Maintainer: MAINTAINER,
    'Installed-Size': String(kibibytes),
    // What Node's program is linked with, and what makes the user.
    Depends:
      'libc6 (>= 2.28), libstdc++6 (>= 8), libgcc-s1, init-system-helpers (>= 1.54), systemd | systemd-standalone-sysusers',
    Recommends: 'ca-certificates',
    Suggests: 'rsyslog',
    Section: 'admin',
    Priority: 'optional',
    Description: `${SUMMARY}\n${DESCRIPTION.map((line) => ` ${line}`).join('\n')}`,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

/** Sets modes and times, which would differ between two checkouts. @returns the regular files in order, and their bytes */
function normalise(tree: string, epoch: number): [string[], number] {
  const files: string[] = [];
  let bytes = 0;
  const paths = readdirSync(tree, { recursive: true, encoding: 'utf8' }).sort();
  for (const path of ['.', ...paths]) {
    const full = join(tree, path);
    const stat = lstatSync(full);
    if (stat.isFile() && !path.startsWith('DEBIAN/')) {
      files.push(path);
      bytes += stat.size;
    }
    if (!stat.isSymbolicLink()) chmodSync(full, modeOf(path, stat.isDirectory()));
  }
  for (const path of ['.', ...paths]) lutimesSync(join(tree, path), epoch, epoch);
  return [files.filter((path) => !path.startsWith('etc/')), bytes];
}

function modeOf(path: string, isFolder: boolean): number {
  if (path.startsWith('etc/cordwood')) return isFolder ? 0o755 : 0o640;
  const isProgram = /(^|\/)bin\/[^.]+$|^DEBIAN\/(pre|post)/.test(path);
  return isFolder || isProgram ? 0o755 : 0o644;
}

function put(tree: string, path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), content);
}

/** As Debian's policy wants it: gzip -9n. */
function putCompressed(tree: string, path: string, text: string): void {
  put(tree, path, gzipSync(text, { level: 9 }));
}

function here(name: string): string {
  return readFileSync(join(HERE, name), 'utf8');
}

function fromRoot(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** @throws if the text does not contain it */
function replace(text: string, what: string, by: string): string {
  if (!text.includes(what))
    throw new Error(`cannot make the package: it changes "${what}", which is not there any more`);
  return text.replace(what, () => by);
}

function md5(path: string): string {
  return createHash('md5').update(readFileSync(path)).digest('hex');
}
