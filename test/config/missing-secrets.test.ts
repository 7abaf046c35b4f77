import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadSettings, missingSecrets } from '../../src/config/index.ts';
import { temporaryFolder } from '../support/tmp.ts';

test('missing secrets of alerts are reported by name until they exist', async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'cordwood.yaml');
  const password = join(folder.path, 'password');
  writeFileSync(
    config,
    `data: ${folder.path}/data
mail: {from: 'logs@example.org', smtp: 'smtp://logs@127.0.0.1:25', password: {file: ${password}}}
notifiers: [{kind: webhook, name: pager, url: 'https://example.org/', secret: {env: PAGER_SECRET}}]
`,
  );
  const settings = await loadSettings({ config, data: undefined }, {});
  const off = 'no rule will be judged and no notice sent: cannot read the secret in the ';
  assert.deepEqual(missingSecrets(settings, {}), [
    `${off}file ${password}: it does not exist; write the secret into it, or correct the path`,
    `${off}environment variable PAGER_SECRET: it is not set; set it for the service, or name a file: {file: /path}`,
  ]);
  writeFileSync(password, 'secret\n');
  assert.deepEqual(missingSecrets(settings, { PAGER_SECRET: 'x' }), []);
});
