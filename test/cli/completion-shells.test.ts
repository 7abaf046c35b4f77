import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { find, needs } from '../support/require.ts';
import { BIN, cordwood, Server } from '../support/server.ts';
import { InteractiveShell, SHELL_NAMES, type ShellName } from '../support/shells.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** Names of hosts that would act in a shell; each would leave a file. */
const HOSTILE = [
  'sub$(id>sub)',
  'old`id>old`',
  'end;id>end;',
  'amp&&id>amp&',
  `quote'"!#~=*?[a]{b,c}\\|id>quote`,
  'paren(id>paren)',
  '=id',
  '~root',
  '!id',
  '^id^ls',
] as const;

const folder = temporaryFolder();
const bin = join(folder.path, 'bin');
let server: Server;
after(async () => {
  await server?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

before(async () => {
  const data = join(folder.path, 'data');
  server = await Server.start({ data, listen: ['tcp://127.0.0.1:0'] });
  const hosts = ['web-1', 'tunnel', ...HOSTILE];
  await server.send(hosts.map((host, index) => `<13>1 - ${host} app${index} - - - text of ${index}.`));
  const isStored = async () => JSON.parse((await server.ask('count', {})).split('\n')[0]!).count === hosts.length;
  await until('all to be stored', isStored);
  mkdirSync(bin);
  mkdirSync(join(folder.path, 'cwd'));
  writeFileSync(join(bin, 'cordwood'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`);
  chmodSync(join(bin, 'cordwood'), 0o755);
  for (const name of SHELL_NAMES) {
    const { code, stdout, stderr } = await cordwood(['completion', name]);
    assert.equal(code, 0, stderr);
    writeFileSync(join(folder.path, name), stdout);
  }
});

function start(name: ShellName): Promise<InteractiveShell> {
  const env = {
    PATH: `${bin}${delimiter}${process.env['PATH']}`,
    HOME: folder.path,
    CORDWOOD_DATA: server.data,
    CORDWOOD_CONFIG: '',
    // The machine that runs the tests may be busy.
    CORDWOOD_COMPLETE_MS: '60000',
    PAGER: 'cat',
  };
  return InteractiveShell.start(name, join(folder.path, name), { cwd: join(folder.path, 'cwd'), env });
}

for (const name of SHELL_NAMES) {
  const skip = needs(name) || needs('script');

  test(`${name} completes commands, flags, choices, actions, names and conditions`, { skip }, async () => {
    await using shell = await start(name);
    const completed = async (typed: string): Promise<string> => {
      const line = await shell.complete(`cordwood ${typed}`);
      shell.clear();
      return line.replace(/^cordwood /, '').trimEnd();
    };
    assert.equal(await completed('sea'), 'search');
    assert.equal(await completed('search --exit'), 'search --exit-code');
    assert.equal(await completed('search -o logf'), 'search -o logfmt');
    assert.equal(await completed('alert sil'), 'alert silence');
    assert.equal(await completed('search -H tun'), 'search -H tunnel');
    assert.equal(await completed('search --host=tun'), 'search --host=tunnel');
    assert.equal(await completed("search -H 'tun"), "search -H 'tunnel'");
    assert.equal(await completed('search hostn'), 'search hostname:');
    assert.equal(await completed('search hostname:tun'), 'search hostname:tunnel');
    assert.equal(await completed('serve --config /etc/passw'), 'serve --config /etc/passwd');
  });

  test(`${name} quotes names of hosts, so that none of them acts, and finds them`, { skip }, async () => {
    await using shell = await start(name);
    for (const [index, host] of HOSTILE.entries()) {
      // One that begins with a special character is begun with it, quoted.
      const begin = /^\w+/.exec(host)?.[0] ?? `\\${host[0]}`;
      const line = await shell.complete(`cordwood search -q -o cat -H ${begin}`);
      assert.notEqual(
        line.trimEnd().length,
        `cordwood search -q -o cat -H ${begin}`.length,
        `${host} is not completed`,
      );
      assert.match(await shell.enter(), new RegExp(`text of ${index + 2}\\.`), `${host} is not found by ${line}`);
    }
    // Within quotes, bash would insert the name as it is: only plain ones are offered there.
    for (const quote of ['"', "'"]) {
      const typed = `cordwood search -q -o cat -H ${quote}sub`;
      const line = (await shell.complete(typed)).trimEnd();
      assert.equal(line !== typed, name !== 'bash', line);
      if (line === typed) shell.clear();
      else assert.match(await shell.enter(), /text of 2\./, line);
    }
    assert.deepEqual(readdirSync(join(folder.path, 'cwd')), []);
  });
}

test('the completion of zsh is one that compinit loads by itself', { skip: needs('zsh') }, async () => {
  const functions = join(folder.path, 'site-functions');
  mkdirSync(functions);
  copyFileSync(join(folder.path, 'zsh'), join(functions, '_cordwood'));
  const script = 'fpath=($1 $fpath); autoload -Uz compinit; compinit -u -D; print -r -- $_comps[cordwood]';
  const printed = execFileSync(find('zsh')!, ['-f', '-c', script, 'zsh', functions], { encoding: 'utf8' });
  assert.equal(printed, '_cordwood\n');
});
