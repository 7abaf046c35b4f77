import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type InheritedSocket, InheritedSockets } from '../../../src/listen/shared/inherited-sockets.ts';

const socket = (fd: number, name: string, protocol: 'udp' | 'tcp', host: string, port: number): InheritedSocket => ({
  fd,
  name,
  bound: { protocol, address: { host, port }, inode: String(fd) },
});
const SOCKETS = [
  socket(3, 'cordwood.socket', 'udp', '::', 514),
  socket(4, 'cordwood.socket', 'tcp', '::', 514),
  socket(5, 'secure', 'tcp', '10.0.0.1', 6514),
  socket(6, 'twice', 'tcp', '10.0.0.1', 1),
  socket(7, 'twice', 'tcp', '10.0.0.1', 2),
];

const CASES: readonly [string, 'udp' | 'tcp', name: string, host: string, port: number, fd: number | undefined][] = [
  ['by its address and protocol', 'tcp', 'tcp0', '::', 514, 4],
  ['by its address in another spelling', 'udp', 'udp0', '0:0::0', 514, 3],
  ['by its name, whatever its address', 'tcp', 'secure', '0.0.0.0', 1234, 5],
  ['by its name and address if several have the name', 'tcp', 'twice', '10.0.0.1', 2, 7],
  ['not by its name if the protocol differs', 'udp', 'secure', '10.0.0.1', 6514, undefined],
  ['not if only the port matches', 'udp', 'udp0', '0.0.0.0', 514, undefined],
];
for (const [title, protocol, name, host, port, fd] of CASES) {
  test(`an inherited socket is claimed ${title}`, () => {
    const sockets = new InheritedSockets(SOCKETS);
    assert.equal(sockets.claim(protocol, { name, address: { host, port } })?.fd, fd);
    assert.equal(sockets.has(name), fd !== undefined);
    assert.equal(sockets.unclaimed.length, SOCKETS.length - (fd === undefined ? 0 : 1));
  });
}

test('an inherited socket is claimed only once', () => {
  const sockets = new InheritedSockets(SOCKETS);
  const claimant = { name: 'a', address: { host: '::', port: 514 } };
  assert.equal(sockets.claim('tcp', claimant)?.fd, 4);
  assert.equal(sockets.claim('tcp', claimant), undefined);
});

test('sockets for another process are ignored, and descriptors that are not sockets cannot be claimed', () => {
  const env = { LISTEN_PID: '4711', LISTEN_FDS: '1', LISTEN_FDNAMES: 'x' };
  assert.deepEqual(InheritedSockets.fromEnvironment(env, 4712).unclaimed, []);
  assert.deepEqual(InheritedSockets.fromEnvironment({}).unclaimed, []);
  const none = InheritedSockets.fromEnvironment({ ...env, LISTEN_FDS: '9999' }, 4711);
  assert.equal(none.unclaimed.length, 9999);
  assert.equal(none.claim('tcp', { name: 'x', address: { host: '::', port: 1 } }), undefined);
});
