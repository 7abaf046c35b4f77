import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AllowedNetworks } from '../../../src/listen/shared/allowed-networks.ts';

test('allow admits the addresses in its networks and no others', () => {
  const allowed = new AllowedNetworks(['10.0.0.0/8', '192.0.2.7/32', '2001:db8::/32', 'fe80::/10']);
  for (const address of ['10.0.0.0', '10.255.255.255', '192.0.2.7', '2001:db8::1', '2001:db8:ffff::', 'fe80::1%eth0']) {
    assert.equal(allowed.has(address), true, address);
  }
  for (const address of ['11.0.0.0', '9.255.255.255', '192.0.2.8', '2001:db9::', '::1', '::ffff:11.0.0.1', 'rubbish']) {
    assert.equal(allowed.has(address), false, address);
  }
});
