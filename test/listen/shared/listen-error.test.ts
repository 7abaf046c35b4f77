import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenError } from '../../../src/base/machine/listen-error.ts';

test('the error for an address that cannot be listened on names the address and the remedy', () => {
  const failed = (code: string, port: number) =>
    listenError('udp', { host: '::1', port }, Object.assign(new Error('no'), { code })).message;
  assert.match(failed('EACCES', 514), /^cannot listen on udp \[::1\]:514: ports below 1024 need a privilege/);
  assert.match(failed('EACCES', 5514), /the system forbids it \(no\)/);
  assert.match(failed('EAFNOSUPPORT', 514), /this machine does not support IPv6; listen on an IPv4 address/);
  assert.match(failed('ENOTFOUND', 514), /the host name ::1 cannot be resolved/);
  assert.match(failed('EOTHER', 514), /: no$/);
});
