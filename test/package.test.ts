import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { TcpSender } from './support/senders.ts';
import { BIN, Server } from './support/server.ts';
import { temporaryFolder } from './support/tmp.ts';
import { until } from './support/until.ts';

const ROOT = join(import.meta.dirname, '..');
const MODULES = join(ROOT, 'node_modules');

/** The package as npm makes it, unpacked under a `node_modules`, where Node strips no types. */
function installInto(folder: string): string {
  execFileSync('npm', ['pack', '--pack-destination', folder], { cwd: ROOT, stdio: 'pipe' });
  const [tarball] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  const home = join(folder, 'node_modules', 'cordwood');
  mkdirSync(home, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, tarball!), '-C', home, '--strip-components=1']);
  const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(MODULES, name), link);
  }
  return home;
}

const folder = temporaryFolder();
let home = '';
before(() => {
  home = installInto(folder.path);
});
after(() => folder[Symbol.dispose]());

test('what npm pack makes serves and answers, with its own dependencies only and without the checkout', async () => {
  assert.deepEqual(
    readdirSync(home).filter((name) => ['src', 'test', 'scripts', 'node_modules'].includes(name)),
    [],
  );
  const bin = join(home, 'bin/cordwood.js');
  const data = join(folder.path, 'data');
  await using server = await Server.start({ data, bin, listen: ['tcp://127.0.0.1:0'] });
  await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
  await sender.write('<13>1 - h app - - - from the package\n');
  const ask = () => spawnSync(process.execPath, [bin, 'search', '-o', 'cat', '--data', data], { encoding: 'utf8' });
  await until('the line', () => ask().stdout === 'from the package\n');
  assert.equal(await server.kill('SIGTERM'), 0);
  assert.match(server.output, /^ {2}cordwood search -f/m, 'hints name the command as it is installed');
  assert.doesNotMatch(server.output, /Ctrl-C/, 'no terminal has started it');
  assert.equal(ask().stdout, 'from the package\n', 'also where no server runs');
});

test('the very ExecStart of the unit serves, under a prefix', async () => {
  const unit = readFileSync(join(home, 'systemd/cordwood.service'), 'utf8');
  const execStart = /^ExecStart=(.+)$/m.exec(unit)![1]!.split(' ');
  const command = execStart.map((word) => (word.startsWith('/') ? join(folder.path, word) : word));
  const [program, config] = [command[0]!, command.at(-1)!];
  for (const file of [program, config]) mkdirSync(dirname(file), { recursive: true });
  symlinkSync(join(home, 'bin/cordwood.js'), program);
  writeFileSync(config, "listen: [{kind: tcp, name: tcp0, address: '127.0.0.1:0'}]\n");
  const data = join(folder.path, /^Environment=CORDWOOD_DATA=(.+)$/m.exec(unit)![1]!);
  const env = { CORDWOOD_DATA: data, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
  await using server = await Server.start({ data, command, config, env });
  await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
  await sender.write('<13>1 - h app - - - from the unit\n');
  await until('the line', async () => (await server.stats()).counters['writer.messages'] === 1);
  assert.equal(await server.kill('SIGTERM'), 0);
});

test('an older Node is told in one sentence what is missing', () => {
  const older = "Object.defineProperty(process.versions, 'node', {value: '20.19.4'})";
  const args = ['--import', `data:text/javascript,${encodeURIComponent(older)}`, BIN, 'serve'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /^cordwood: cannot run on Node 20\.19\.4: it needs Node 24 or newer; [^\n]+\n$/);
});
