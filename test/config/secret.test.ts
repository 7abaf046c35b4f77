import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { secret } from '../../src/base/schema.ts';
import { validate } from '../../src/base/validate.ts';
import { readSecret } from '../../src/config/index.ts';
import { temporaryFolder } from '../support/tmp.ts';

test('a secret is read from a file without its last line end', () => {
  using folder = temporaryFolder();
  const ok = (content: string, want: string) => {
    const file = join(folder.path, 'secret');
    writeFileSync(file, content);
    assert.equal(readSecret({ file }, {}), want);
  };
  ok('hunter2', 'hunter2');
  ok('hunter2\n', 'hunter2');
  ok('hunter2\r\n', 'hunter2');
  ok(' hunter 2 \n\n', ' hunter 2 \n');
});

test('a secret is read from the environment', () => {
  assert.equal(readSecret({ env: 'SMTP_PASSWORD' }, { SMTP_PASSWORD: 'hunter2' }), 'hunter2');
});

const bad = (name: string, reference: { file: string } | { env: string }, want: RegExp) =>
  test(name, () => assert.throws(() => readSecret(reference, { EMPTY: '' }), { code: 'ERR_CONFIG', message: want }));
bad(
  'an absent file',
  { file: '/nonexistent/x' },
  /cannot read the secret in the file \/nonexistent\/x: it does not exist; write the secret into it/,
);
bad('an empty file', { file: '/dev/null' }, /\/dev\/null: it is empty/);
bad('an absent variable', { env: 'NONE' }, /environment variable NONE: it is not set/);
bad('an empty variable', { env: 'EMPTY' }, /environment variable EMPTY: it is empty/);

const refused = (given: unknown, want: RegExp) =>
  test(`${JSON.stringify(given)} is not a reference to a secret`, () => {
    const result = validate(secret(), given);
    assert.ok('faults' in result);
    assert.match(result.faults[0]!.message, want);
    assert.doesNotMatch(result.faults[0]!.message, /hunter2/);
  });
refused('hunter2', /write the secret into a file of its own and refer to it: {file: \/path}, or {env: NAME}/);
refused({ path: '/x' }, /neither {file: \/path} nor {env: NAME}/);
refused({ file: '/x', env: 'X' }, /neither {file: \/path} nor {env: NAME}/);

test('references to secrets are accepted unchanged', () => {
  assert.deepEqual(validate(secret(), { file: '/x' }), { value: { file: '/x' } });
  assert.deepEqual(validate(secret(), { env: 'X' }), { value: { env: 'X' } });
});
