import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PeerSessions } from '../../../src/listen/udp/peer-sessions.ts';

test('each peer that sent recently keeps its session, and there are never more than the limit', () => {
  let opened = 0;
  const closed: number[] = [];
  const sessions = new PeerSessions(
    () => ++opened,
    (gone) => closed.push(...gone),
    100,
  );
  const mine = sessions.of('10.0.0.1', 514);
  assert.equal(sessions.of('10.0.0.1', 514), mine);
  assert.notEqual(sessions.of('10.0.0.1', 515), mine);
  assert.notEqual(sessions.of('10.0.0.2', 514), mine);
  for (let port = 1000; port < 100_000; port++) {
    sessions.of('192.0.2.1', port);
    if (port % 20 === 0)
      assert.equal(sessions.of('10.0.0.1', 514), mine, 'a peer that keeps sending keeps its session');
    assert.ok(sessions.size <= 100);
  }
  assert.equal(opened - closed.length, sessions.size);
  assert.equal(new Set(closed).size, closed.length, 'none is closed twice');
  sessions.clear();
  assert.equal(opened, closed.length);
});
