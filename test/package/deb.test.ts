import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { constants, zstdCompressSync } from 'node:zlib';
import { ROOT } from '../support/documents.ts';
import { needs } from '../support/require.ts';
import { TcpSender } from '../support/senders.ts';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** `xz` compresses as `npm run deb` does, which takes minutes; by default, the package is not compressed. */
const COMPRESSION = process.env['CORDWOOD_PACKAGE'] ?? 'none';
/** Any will do. */
const [VERSION, EPOCH] = ['0.1.0+test', '1790000000'];
const MOST_PACKED = 45e6;
/** Takes seconds, and leaves a third more bytes than xz: what fits with it fits with xz. */
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 6 } };
const MOST_UNPACKED = 190e6;
const skip = needs('dpkg-deb');
const folder = temporaryFolder();
let deb = '';

/** Makes a package as a user does. @returns its path */
function make(checkout: string, out: string, env: Record<string, string>): string {
  const args = ['scripts/deb.ts', '--out', out, '--version', VERSION, '--compression', COMPRESSION];
  const command = `umask ${env['UMASK']}; exec "$@"`;
  return execFileSync('/bin/sh', ['-c', command, 'sh', process.execPath, ...args], {
    cwd: checkout,
    encoding: 'utf8',
    env: { ...process.env, SOURCE_DATE_EPOCH: EPOCH, ...env },
  }).trim();
}

before(() => {
  if (!skip) deb = make(ROOT, join(folder.path, 'here'), { TZ: 'UTC', UMASK: '022' });
});
after(() => folder[Symbol.dispose]());

test('another checkout, in another folder and time zone and with another umask, gives the same bytes', { skip }, () => {
  const checkout = join(folder.path, 'elsewhere/a checkout');
  const isLeftOut = (path: string) => ['node_modules', 'dist', 'packages', '.git'].includes(basename(path));
  cpSync(ROOT, checkout, { recursive: true, filter: (path) => !isLeftOut(path) });
  // Links to files cost nothing; a link to the folder would have the path of this checkout again. Other tests write caches.
  const modules = readdirSync(join(ROOT, 'node_modules')).filter((name) => name !== '.cache');
  mkdirSync(join(checkout, 'node_modules'));
  execFileSync('cp', ['-al', '-t', join(checkout, 'node_modules'), ...modules], { cwd: join(ROOT, 'node_modules') });
  const other = make(checkout, join(folder.path, 'there'), { TZ: 'Pacific/Kiritimati', UMASK: '077', LC_ALL: 'C' });
  assert.equal(basename(other), `cordwood_${VERSION}_amd64.deb`);
  assert.equal(spawnSync('cmp', [deb, other], { encoding: 'utf8' }).stdout, '');
});

test('the checksums beside the package are right, and the bill of materials has Node and every dependency', {
  skip,
}, () => {
  const out = join(folder.path, 'here');
  const [sums] = readdirSync(out).filter((name) => name.endsWith('.SHA256SUMS'));
  execFileSync('sha256sum', ['--check', '--strict', sums!], { cwd: out, stdio: 'pipe' });
  const bom = JSON.parse(readFileSync(deb.replace(/\.deb$/, '.cdx.json'), 'utf8'));
  assert.deepEqual([bom.bomFormat, bom.metadata.component.name], ['CycloneDX', 'cordwood']);
  const names: string[] = bom.components.map(({ name }: { name: string }) => name);
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const name of [...Object.keys(dependencies), 'node', 'preact']) assert.ok(names.includes(name), name);
  assert.ok(!names.includes('typescript') && 'typescript' in devDependencies);
  const node = bom.components.find(({ name }: { name: string }) => name === 'node');
  assert.equal(node.version, process.versions.node);
  assert.ok(node.components.some(({ name }: { name: string }) => name === 'openssl'));
});

test('the package has the licence of everything in it, and its size is bounded', { skip }, (t) => {
  const copyright = execFileSync(
    '/bin/sh',
    ['-c', 'dpkg-deb --fsys-tarfile "$0" | tar -xO ./usr/share/doc/cordwood/copyright', deb],
    { encoding: 'utf8' },
  );
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const unpacked = execFileSync('dpkg-deb', ['--contents', deb], { encoding: 'utf8' });
  const paths = [...unpacked.matchAll(/^d.*app\/((?:node_modules\/(?:@[^/\n]+\/)?[^/\n]+\/)+)$/gm)].map(
    ([, path]) => path!,
  );
  const packages = paths.map((path) => path.slice(0, -1)).filter((path) => lock[path] !== undefined);
  assert.ok(packages.length > 50, `${packages.length} packages`);
  for (const path of packages) {
    assert.ok(!lock[path].dev, `${path} is a tool of development`);
    const title = `${path.replace(/^.*node_modules\//, '')} ${lock[path].version}, of npm`;
    assert.ok(copyright.includes(`\n${title}\n`), title);
  }
  for (const title of ['Cordwood', `Node ${process.versions.node}`, 'preact '])
    assert.ok(copyright.includes(`\n${title}`), title);
  const bytes = [...unpacked.matchAll(/^-\S+ \S+ +(\d+) /gm)].reduce((sum, [, size]) => sum + Number(size), 0);
  assert.ok(bytes <= MOST_UNPACKED, `${bytes} bytes unpacked`);
  const file = readFileSync(deb);
  const packed = COMPRESSION === 'xz' ? file.length : zstdCompressSync(file, FAST).length;
  assert.ok(packed <= MOST_PACKED, `${packed} bytes packed`);
  t.diagnostic(`${packed} bytes packed, ${bytes} unpacked`);
});

test('lintian finds no error and no warning', { skip: skip || needs('lintian') }, () => {
  // Only the package of the tests is not compressed.
  const suppressed =
    COMPRESSION === 'none' ? ['control', 'data'].map((name) => `uses-no-compression-for-${name}-tarball`) : [];
  const args = ['--allow-root', '--fail-on', 'error,warning', '--suppress-tags', suppressed.join(','), deb];
  const { status, stdout, stderr } = spawnSync('lintian', args, { encoding: 'utf8' });
  assert.deepEqual([status, stdout], [0, ''], stderr);
});

test('what is in the package serves and answers with its own Node, without the checkout', { skip }, async () => {
  const tree = join(folder.path, 'tree');
  execFileSync('dpkg-deb', ['--extract', deb, tree]);
  const home = join(tree, 'usr/lib/cordwood');
  const command = [join(home, 'bin/node'), join(home, 'app/bin/cordwood.js')];
  const data = join(folder.path, 'data');
  await using server = await Server.start({
    data,
    command: [...command, 'serve', '--data', data, '--listen', 'tcp://127.0.0.1:0'],
  });
  await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
  await sender.write('<13>1 - h app - - - from the package\n');
  const ask = () => spawnSync(command[0]!, [command[1]!, 'search', '-o', 'cat', '--data', data], { encoding: 'utf8' });
  await until('the line', () => ask().stdout === 'from the package\n');
  assert.equal(await server.kill('SIGTERM'), 0);
});
