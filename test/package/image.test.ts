import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { debianComponents, layContainer, runSettings } from '../../scripts/package/container.ts';
import { layPackage, packDebian } from '../../scripts/package/debian.ts';
import { writeImage } from '../../scripts/package/oci.ts';
import { debianAfter, needsDebian } from '../support/debian/root.ts';
import { ROOT } from '../support/documents.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** Any will do. */
const REVISION = { version: '0.1.0+test', epoch: 1_790_000_000 };

type Settings = {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Healthcheck: { readonly Test: readonly string[] };
} & Readonly<Record<string, unknown>>;

/** An image as an engine reads it: the layer in a folder, and how it is run. */
function unpack(archive: string, folder: string): { readonly root: string; readonly run: Settings } {
  const layout = join(folder, 'layout');
  const root = join(folder, 'container');
  for (const path of [layout, root]) mkdirSync(path);
  execFileSync('tar', ['-xf', archive, '-C', layout]);
  const blob = (digest: string) => join(layout, 'blobs', digest.replace(':', '/'));
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
  const [{ digest }] = read(join(layout, 'index.json')).manifests;
  const manifest = read(blob(digest));
  for (const one of [manifest.config, ...manifest.layers]) {
    const sum = execFileSync('sha256sum', [blob(one.digest)], { encoding: 'utf8' });
    assert.equal(`sha256:${sum.slice(0, 64)}`, one.digest);
  }
  execFileSync('tar', ['-xzf', blob(manifest.layers[0].digest), '-C', root, '--numeric-owner']);
  return { root, run: read(blob(manifest.config.digest)).config };
}

/** The process of an image, in namespaces of its own and as its user, as an engine starts it; it is number 1 there. */
class Container implements AsyncDisposable {
  readonly #unshare: ChildProcess;
  readonly #root: string;
  readonly #run: Settings;
  output = '';

  constructor(root: string, run: Settings) {
    this.#root = root;
    this.#run = run;
    const script =
      'ip link set lo up; mount -t proc proc "$0/proc"; user=$1; shift; exec chroot --userspec="$user" "$0" "$@"';
    const namespaces = ['--mount', '--pid', '--fork', '--net', '--uts', '--ipc', '--kill-child'];
    const args = [...namespaces, '/bin/sh', '-ec', script, root, run.User, ...run.Entrypoint, ...run.Cmd];
    this.#unshare = spawn('unshare', args, { env: this.#environment, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#unshare.stdout!, this.#unshare.stderr!]) {
      stream.on('data', (text) => {
        this.output += text;
      });
    }
  }

  /** Runs a command in it, as its user. @returns its exit code and what it printed */
  async exec(command: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }> {
    // It has not begun yet, or has ended.
    if (this.#first === '') return { code: -1, stdout: '' };
    const namespaces = ['--target', this.#first, '--mount', '--pid', '--net', '--uts', '--ipc'];
    const inside = ['chroot', `--userspec=${this.#run.User}`, this.#root, ...command];
    const child = spawn('nsenter', [...namespaces, ...inside], {
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let stdout = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    const [code] = await once(child, 'close');
    return { code, stdout };
  }

  /** Sends SIGTERM to its first process. @returns the exit code */
  async stop(): Promise<number | null> {
    const exited = once(this.#unshare, 'exit');
    process.kill(Number(this.#first), 'SIGTERM');
    return (await exited)[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#unshare.exitCode !== null || this.#unshare.signalCode !== null) return;
    const exited = once(this.#unshare, 'exit');
    this.#unshare.kill('SIGKILL');
    await exited;
  }

  get #environment(): Record<string, string> {
    return Object.fromEntries(this.#run.Env.map((one) => one.split(/=(.*)/s).slice(0, 2))) as Record<string, string>;
  }

  get #first(): string {
    const { pid } = this.#unshare;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  }
}

test('the image, unpacked and run as it says, receives, answers and is healthy, and SIGTERM stops it in order', {
  skip: needsDebian(),
}, async (t) => {
  using folder = temporaryFolder();
  const base = join(folder.path, 'base');
  execFileSync('cp', ['-a', debianAfter([]).path, base]);
  const tree = join(folder.path, 'tree');
  await layPackage(tree, REVISION);
  layContainer(base, packDebian(tree, folder.path, REVISION, 'none'));
  const to = join(folder.path, 'image.tar');
  const image = { root: base, run: runSettings(base), architecture: 'amd64', name: 'cordwood', to, level: 1 };
  await writeImage({ ...image, ...REVISION });
  const names = debianComponents(base).map(({ name }) => name);
  assert.ok(names.includes('cordwood') && names.includes('libc6'));

  const { root, run } = unpack(to, folder.path);
  await using container = new Container(root, run);
  const { Test: health } = run.Healthcheck;
  await until('health', async () => (await container.exec(health.slice(1))).code === 0);
  await container.exec(['logger', '-n', '127.0.0.1', '-P', '5514', '-T', '--rfc5424', 'into the container']);
  const ask = ['cordwood', 'search', '-o', 'cat'];
  await until('the message', async () => (await container.exec(ask)).stdout === 'into the container\n');
  const began = performance.now();
  assert.equal(await container.stop(), 0, container.output);
  t.diagnostic(`stopped in ${((performance.now() - began) / 1000).toFixed(1)} s`);
});

test('the Dockerfile runs the image as `npm run image` does', () => {
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'etc'));
  execFileSync('/bin/sh', ['-c', 'echo cordwood:x:998:997:::: > "$0/etc/passwd"', folder.path]);
  const run = runSettings(folder.path) as Settings;
  const json = (words: unknown) => JSON.stringify(words).replaceAll('","', '", "');
  for (const line of [
    `ENTRYPOINT ${json(run.Entrypoint)}`,
    `CMD ${json(run.Cmd)}`,
    `CMD ${json(run.Healthcheck.Test.slice(1))}`,
    `ENV ${run.Env.at(-1)}`,
    `VOLUME ${Object.keys(run['Volumes'] as object).join(' ')}`,
    `STOPSIGNAL ${run['StopSignal']}`,
    'USER cordwood',
  ])
    assert.ok(dockerfile.includes(line), line);
  for (const port of Object.keys(run['ExposedPorts'] as object))
    assert.match(dockerfile, new RegExp(`^EXPOSE.* ${port}`, 'm'));
});
