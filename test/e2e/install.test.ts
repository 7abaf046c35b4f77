import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { debianAfter, needsDebian } from '../support/debian/root.ts';
import { Machine, type RunOptions } from '../support/debian/machine.ts';
import { type Block, page, ROOT } from '../support/documents.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const PAGE = page('installing');
/** What the page prints, in its order. */
const STEPS = PAGE.blocks;
/** Commands that need no service manager: their result is kept for the next run. */
const [NODE, ...REST] = STEPS as [Block, ...Block[]];
/** What a checkout does not have, or has of another machine. */
const NOT_IN_A_CHECKOUT = ['node_modules', 'dist', '.git'];

test('every step that the page about installing prints works on a new Debian 12, in this order, and after a boot', {
  skip: needsDebian(),
}, async (t) => {
  using folder = temporaryFolder();
  const began = performance.now();
  const { path: root, isNew } = debianAfter([NODE.text]);
  t.diagnostic(`Debian 12 with npm and Node 24: ${isNew ? seconds(began) : 'kept from an earlier run'}`);
  const checkout = join(folder.path, 'changes/root/cordwood');
  cpSync(ROOT, checkout, { recursive: true, filter: (path) => !NOT_IN_A_CHECKOUT.includes(basename(path)) });
  {
    await using machine = await Machine.boot(root, folder.path, 'web1');
    await machine.run("echo '127.0.0.1 logs.example.org' >> /etc/hosts");
    for (const step of REST) {
      const started = performance.now();
      await follow(machine, step);
      t.diagnostic(`${step.document}:${step.line}: ${seconds(started)}`);
    }
    await checkService(machine);
    await checkAgent(machine);
  }
  await using again = await Machine.boot(root, folder.path, 'web1');
  await again.run("logger 'a message after a boot'");
  await found(again, "cordwood search 'a message after a boot' source.peer_cn:web1.example.org");
});

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/** Does what a block says: writes the file whose path is its first line, or runs its commands. */
async function follow(machine: Machine, { document, line, language, text }: Block): Promise<void> {
  const where = `${document}:${line}`;
  const path = /^# (\/\S+)\n/.exec(text)?.[1];
  if (path !== undefined) return expectSuccess(machine, where, `cat > ${path}`, { input: text });
  assert.equal(language, 'sh', `${where} is neither a file with its path nor commands`);
  const [searches, others] = partition(text);
  const network = /^(npm|apt) /m.test(text) ? 'outside' : 'own';
  const isInCheckout = text.startsWith('npm ci\n');
  await expectSuccess(machine, where, isInCheckout ? `cd cordwood\n${others}cp *.tgz ..` : others, { network });
  for (const search of searches) await found(machine, search);
}

async function expectSuccess(machine: Machine, where: string, script: string, options: RunOptions): Promise<void> {
  const { code, stdout, stderr } = await machine.run(`set -x\n${script}`, options);
  if (code === 0) return;
  const journal = await machine.run('journalctl --no-pager -n 40');
  assert.fail(`${where} failed:\n${stderr}\n${stdout}\n${journal.stdout}`);
}

/** The searches of a block, which are repeated until the message is there, and the other commands. */
function partition(text: string): [string[], string] {
  const lines = text.split('\n');
  const isSearch = (line: string) => line.startsWith('cordwood search ');
  return [lines.filter(isSearch), lines.filter((line) => !isSearch(line)).join('\n')];
}

/** Waits until a search finds the message that it names in quotes. */
async function found(machine: Machine, search: string): Promise<void> {
  const message = /'([^']+)'/.exec(search)![1]!;
  await until(search, async () => (await machine.run(search)).stdout.includes(message), 240_000);
}

/** The service runs as its own user on the sockets of systemd, without a word of warning. */
async function checkService(machine: Machine): Promise<void> {
  const output = async (command: string) => (await machine.run(command)).stdout.trim();
  assert.equal(await output('systemctl is-active cordwood.service cordwood.socket'), 'active\nactive');
  assert.equal(await output('systemctl is-enabled cordwood.service cordwood.socket'), 'enabled\nenabled');
  assert.equal(await output('systemctl show -P NRestarts cordwood.service'), '0');
  assert.equal(
    await output('stat -c %U:%G:%a /var/lib/cordwood /etc/cordwood/tls/server.key'),
    'cordwood:cordwood:750\ncordwood:cordwood:600',
  );
  const verified = await output('systemd-analyze verify cordwood.service cordwood.socket 2>&1');
  assert.equal(verified.includes('cordwood'), false, verified);
  const log = await output('journalctl -u cordwood.service -o cat');
  const warnings = log.split('\n').filter((line) => /"level":"?(40|50|60|warn|error|fatal)/.test(line));
  assert.deepEqual(warnings, []);
}

/** `agent verify` approves of what arrives from the rsyslogd that was configured as printed. */
async function checkAgent(machine: Machine): Promise<void> {
  const verified = machine.run('cordwood agent verify web1 --timeout 240s');
  let isDone = false;
  void verified.finally(() => {
    isDone = true;
  });
  await until(
    'the report',
    async () => {
      await machine.run('logger verify');
      return isDone;
    },
    260_000,
  );
  const { code, stdout } = await verified;
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^ok +transport +tls, .* with the certificate of web1\.example\.org$/m);
}
