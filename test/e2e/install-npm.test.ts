import { cpSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { debianAfter, needsDebian } from '../support/debian/root.ts';
import { Machine } from '../support/debian/machine.ts';
import { checkAgent, checkService, follow, found, stepsOf } from '../support/debian/steps.ts';
import { ROOT } from '../support/documents.ts';
import { temporaryFolder } from '../support/tmp.ts';

/** What a checkout does not have, or has of another machine. */
const NOT_IN_A_CHECKOUT = ['node_modules', 'dist', 'packages', '.git'];
/** It downloads and builds for minutes. What it installs is what `install.test.ts` installs as a package. */
const skip =
  process.env['CORDWOOD_INSTALL'] === 'npm' ? needsDebian() : 'CORDWOOD_INSTALL=npm installs Cordwood by npm, too';

test('every step that the page prints about installing by npm works on a new Debian, in this order, and after a boot', {
  skip,
}, async () => {
  using folder = temporaryFolder();
  const { path: root } = debianAfter(stepsOf(['Node 24']).map(({ text }) => text));
  const checkout = join(folder.path, 'changes/root/cordwood');
  cpSync(ROOT, checkout, { recursive: true, filter: (path) => !NOT_IN_A_CHECKOUT.includes(basename(path)) });
  {
    await using machine = await Machine.boot(root, folder.path, 'web1');
    await machine.run("echo '127.0.0.1 logs.example.org' >> /etc/hosts");
    for (const step of stepsOf(['Cordwood', 'The service', 'A machine that sends', 'TLS'])) {
      const isInCheckout = step.text.startsWith('npm ci\n');
      const text = isInCheckout ? `cd cordwood\n${step.text}cp *.tgz ..` : step.text;
      const network = /^(npm|apt) /m.test(text) ? 'outside' : 'own';
      await follow(machine, { ...step, text }, { network });
    }
    // The server opens the sockets of this machine itself, and only systemd may ask for a larger buffer.
    await checkService(machine, ['cordwood.socket'], /the kernel granted a receive buffer/);
    await checkAgent(machine);
  }
  await using again = await Machine.boot(root, folder.path, 'web1');
  await again.run("logger 'a message after a boot'");
  await found(again, "cordwood search 'a message after a boot' source.peer_cn:web1.example.org");
});
