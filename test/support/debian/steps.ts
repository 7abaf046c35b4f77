import assert from 'node:assert/strict';
import { type Block, type Document, page } from '../documents.ts';
import { until } from '../until.ts';
import type { Machine, RunOptions } from './machine.ts';

/** What the page about installing prints below these headings, in the order of the headings that are given. */
export function stepsOf(headings: readonly string[]): Block[] {
  const { prose, blocks }: Document = page('installing');
  const headingOf = ({ line }: Block) =>
    prose.findLast(({ number, text }) => number < line && /^##+ /.test(text))?.text;
  return headings.flatMap((heading) => {
    const steps = blocks.filter((block) => headingOf(block)?.replace(/^#+ /, '') === heading);
    assert.ok(steps.length > 0, `the page prints nothing below ${heading}`);
    return steps;
  });
}

/** Does what a block says: writes the file whose path is its first line, or runs its commands. */
export async function follow(machine: Machine, step: Block, options: RunOptions = {}): Promise<void> {
  const { document, line, language, text } = step;
  const where = `${document}:${line}`;
  const path = /^# (\/\S+)\n/.exec(text)?.[1];
  if (path !== undefined) {
    await succeed(machine, where, `cat > ${path}`, { input: text });
    return;
  }
  assert.equal(language, 'sh', `${where} is neither a file with its path nor commands`);
  const [searches, others] = partition(text);
  await succeed(machine, where, others, options);
  for (const search of searches) await found(machine, search);
}

/** Runs commands. @throws if they fail, with what they and the journal report */
export async function succeed(machine: Machine, where: string, script: string, options?: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await machine.run(`set -x\n${script}`, options);
  if (code === 0) return stdout;
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
export async function found(machine: Machine, search: string): Promise<void> {
  const message = /'([^']+)'/.exec(search)![1]!;
  await until(search, async () => (await machine.run(search)).stdout.includes(message), 240_000);
}

/** The service runs as its own user on the sockets of systemd, without a warning but the expected ones. */
export async function checkService(machine: Machine, sockets: readonly string[], expected = /^$/): Promise<void> {
  const output = async (command: string) => (await machine.run(command)).stdout.trim();
  for (const unit of ['cordwood.service', ...sockets]) {
    assert.equal(await output(`systemctl is-active ${unit}`), 'active', unit);
    assert.equal(await output(`systemctl is-enabled ${unit}`), 'enabled', unit);
  }
  assert.equal(await output('systemctl show -P NRestarts cordwood.service'), '0');
  assert.equal(
    await output('stat -c %U:%G:%a /var/lib/cordwood /etc/cordwood/tls/server.key'),
    'cordwood:cordwood:750\ncordwood:cordwood:600',
  );
  const verified = await output(`systemd-analyze verify cordwood.service ${sockets.join(' ')} 2>&1`);
  assert.equal(verified.includes('cordwood'), false, verified);
  const log = await output('journalctl -u cordwood.service -o cat');
  const warnings = log
    .split('\n')
    .filter((line) => /"level":"?(40|50|60|warn|error|fatal)/.test(line) && !expected.test(line));
  assert.deepEqual(warnings, []);
}

/** `agent verify` approves of what arrives from the rsyslogd that was configured as printed. */
export async function checkAgent(machine: Machine): Promise<void> {
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
