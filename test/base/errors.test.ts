import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CordwoodError, reasonOf, systemCode } from '../../src/base/errors.ts';

test('a CordwoodError has its code and its cause', () => {
  const cause = new Error('disk on fire');
  const error = new CordwoodError('ERR_SPOOL', 'cannot append to the spool: disk on fire', { cause });
  assert.equal(error.code, 'ERR_SPOOL');
  assert.equal(error.cause, cause);
  assert.equal(String(error), 'CordwoodError: cannot append to the spool: disk on fire');
});

test('reasonOf gives a text for any thrown value', () => {
  assert.equal(reasonOf(new Error('no')), 'no');
  assert.equal(reasonOf('no'), 'no');
  assert.equal(reasonOf(undefined), 'undefined');
});

test("systemCode gives the system's code of an error", () => {
  const absent = () => readFileSync('/nonexistent/file');
  assert.throws(absent, (error) => systemCode(error) === 'ENOENT');
  assert.equal(systemCode(new Error('no')), undefined);
  assert.equal(systemCode('ENOENT'), undefined);
});
