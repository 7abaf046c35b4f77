import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { layPackage, packDebian } from '../../scripts/package/debian.ts';
import { Machine } from '../support/debian/machine.ts';
import { debianAfter, needsDebian, SUITE } from '../support/debian/root.ts';
import { checkAgent, checkService, follow, found, stepsOf, succeed } from '../support/debian/steps.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** A block that the test does not follow: it makes the packages itself, without the long compression. */
const MAKING = 'npm ci\nnpm run deb\n';
const VERSIONS = ['0.1.0+test1', '0.1.0+test2'];
/** Two packages of other commits, separated by a comma, in place of two that differ in their version only. */
const GIVEN = process.env['CORDWOOD_UPGRADE']?.split(',');
/** Any time will do. */
const EPOCH = 1_790_000_000;
/** Lines that are stored before the upgrade, and lines a second of each of two senders meanwhile. */
const [FILLED, RATE] = [100_000, 1000];
const CONFIG = '/etc/cordwood/cordwood.yaml';
const SOCKETS = ['cordwood.socket', 'cordwood-network.socket'];
const LOAD = join(import.meta.dirname, 'upgrade-load.ts');

test(`the package installs on a new Debian (${SUITE}) as its page prints, without network; an upgrade under load loses nothing, and a purge keeps the messages`, {
  skip: needsDebian(),
}, async (t) => {
  using folder = temporaryFolder();
  const timed = timer(t);
  const { path: root } = await timed('a new Debian', async () => debianAfter([]));
  await timed('two packages', () => makePackages(join(folder.path, 'changes/root')));
  await using machine = await timed('its boot', () => Machine.boot(root, folder.path, 'web1'));
  await machine.run("echo '127.0.0.1 logs.example.org' >> /etc/hosts");
  for (const step of stepsOf(['The package', 'Other machines', 'A machine that sends', 'TLS']))
    if (step.text !== MAKING) await timed(`${step.document}:${step.line}`, () => follow(machine, step));
  await checkService(machine, SOCKETS);
  await timed('agent verify', () => checkAgent(machine));
  await timed('an upgrade', () => upgrade(t, machine));
  await timed('remove, purge, install', () => removeAndInstall(machine));
});

/** Runs something, and reports how long it took. */
function timer(t: TestContext): <T>(name: string, what: () => Promise<T>) => Promise<T> {
  return async (name, what) => {
    const began = performance.now();
    const result = await what();
    t.diagnostic(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return result;
  };
}

/** Makes two packages: one in the folder, one in its folder `next`. */
async function makePackages(folder: string): Promise<void> {
  using tree = temporaryFolder();
  const folders = [folder, join(folder, 'next')];
  mkdirSync(folders[1]!, { recursive: true });
  if (GIVEN === undefined) await layPackage(tree.path, { version: VERSIONS[0]!, epoch: EPOCH });
  for (const [index, to] of folders.entries()) {
    if (GIVEN !== undefined) copyFileSync(GIVEN[index]!, join(to, basename(GIVEN[index]!)));
    else packDebian(tree.path, to, { version: VERSIONS[index]!, epoch: EPOCH }, 'none');
  }
}

/** Lines arrive by RELP of a real rsyslogd, and by UDP, while the package is refused at first and then upgraded. */
async function upgrade(t: TestContext, machine: Machine): Promise<void> {
  await addRelp(machine);
  const filling = machine.spawnInNetwork([process.execPath, LOAD, '514', String(FILLED)]);
  assert.deepEqual(await once(filling, 'exit'), [0, null]);
  const load = machine.spawnInNetwork([process.execPath, LOAD, '10514', String(RATE), '514']);
  const counted = text(load.stdout!);
  await until('the first lines', async () => (await numbers(machine, 'relp')).length > 0);

  const pid = await mainPid(machine);
  await succeed(machine, 'a wrong key', `cp ${CONFIG} right.yaml && echo 'colour: red' >> ${CONFIG}`);
  const refused = await machine.run('dpkg -i next/cordwood_*.deb 2>&1');
  assert.notEqual(refused.code, 0);
  assert.match(refused.stdout, /colour[\s\S]*the server that runs was not restarted/);
  assert.equal(await mainPid(machine), pid, 'the old server goes on');
  await succeed(machine, 'the end of the upgrade', `cat right.yaml > ${CONFIG} && dpkg --configure cordwood`);
  assert.notEqual(await mainPid(machine), pid);
  const [state, , version] = (await machine.run('dpkg --list cordwood | tail -n 1')).stdout.split(/\s+/);
  assert.equal(state, 'ii');
  const next = await machine.run('dpkg-deb --field next/cordwood_*.deb Version');
  assert.equal(version, next.stdout.trim());

  load.stdin!.end();
  const sent = { filled: FILLED, ...(JSON.parse(await counted) as { relp: number; udp: number }) };
  for (const [name, count] of Object.entries(sent)) {
    const missing = async () => {
      const there = new Set(await numbers(machine, name));
      return Array.from({ length: count }, (_, number) => number).filter((number) => !there.has(number));
    };
    await until(`all lines of ${name}`, async () => (await missing()).length === 0, 60_000).catch(async () => {
      assert.deepEqual(await missing(), [], `these of ${count} lines of ${name} were lost`);
    });
    const twice = (await numbers(machine, name)).length - count;
    if (name !== 'relp') assert.equal(twice, 0, `${name}: lines stored twice`);
    t.diagnostic(`${name}: ${count} lines, none lost, ${twice} twice`);
  }
}

/**
 * Opens a socket for RELP, and has the machine's rsyslogd send by it what it receives on port 10514. Its queue is large:
 * rsyslogd discards what does not fit into it for two seconds.
 */
async function addRelp(machine: Machine): Promise<void> {
  const dropIn = '/etc/systemd/system/cordwood-network.socket.d';
  const rsyslog = `
module(load="imtcp")
module(load="omrelp")
input(type="imtcp" port="10514" ruleset="relp")
ruleset(name="relp") {
  action(type="omrelp" target="127.0.0.1" port="2514" template="RSYSLOG_SyslogProtocol23Format"
         queue.type="LinkedList" queue.size="1000000" queue.timeoutEnqueue="60000" action.resumeRetryCount="-1" action.resumeInterval="1")
}
`;
  await succeed(machine, 'RELP of rsyslog', 'cat > /etc/rsyslog.d/70-relp.conf', { input: rsyslog });
  await succeed(
    machine,
    'a socket for RELP',
    `echo "  - {kind: relp, address: '*:2514'}" >> ${CONFIG}
    mkdir -p ${dropIn}
    printf '[Socket]\\nListenStream=2514\\n' > ${dropIn}/relp.conf
    systemctl daemon-reload
    systemctl stop cordwood-network.socket cordwood.service
    systemctl start cordwood-network.socket cordwood.service
    systemctl restart rsyslog.service`,
  );
}

async function mainPid(machine: Machine): Promise<number> {
  const pid = Number((await machine.run('systemctl show -P MainPID cordwood.service')).stdout);
  assert.ok(pid > 0, 'the server runs');
  return pid;
}

/** The numbers in the lines of a sender that are found. */
async function numbers(machine: Machine, name: string): Promise<number[]> {
  const { stdout } = await machine.run(`cordwood search -q -S all -n all -o cat -t ${name}`);
  return [...stdout.matchAll(/^number (\d+)$/gm)].map(([, number]) => Number(number));
}

async function removeAndInstall(machine: Machine): Promise<void> {
  await succeed(machine, 'remove', `apt remove cordwood && test -s ${CONFIG} && test -d /var/lib/cordwood/store`);
  assert.equal(
    (await machine.run(`systemctl is-active cordwood.service ${SOCKETS.join(' ')} || true`)).stdout,
    'inactive\n'.repeat(3),
  );
  const purged = await succeed(machine, 'purge', 'apt purge cordwood && test ! -e /etc/cordwood');
  assert.match(purged, /the messages are kept in \/var\/lib\/cordwood/);
  await succeed(machine, 'a second installation', 'apt install ./next/cordwood_*.deb');
  await found(machine, "cordwood search -S all 'my first message'");
  assert.equal((await numbers(machine, 'filled')).length, FILLED);
}
