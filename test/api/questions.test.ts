import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { QUESTIONS } from '../../src/ask/index.ts';
import { Served } from './support.ts';

let served: Served;

before(async () => {
  served = await Served.start({
    tokens: {
      read: { role: 'read' },
      operate: { role: 'operate' },
      admin: { role: 'admin' },
      limited: { role: 'admin', only: 'hostname:web1' },
    },
  });
  await served.world.add([
    { hostname: 'web1', message: 'one' },
    { hostname: 'db1', message: 'two' },
  ]);
});
after(() => served[Symbol.asyncDispose]());

const ask = (token: string, name: string, params: object = {}) =>
  served.as(token, `/api/v1/questions/${name}`, { method: 'POST', body: { params } });

/** Every question and action, with the least role that may ask it. */
const TABLE = [
  ['search', {}, 'read'],
  ['count', {}, 'read'],
  ['hist', {}, 'read'],
  ['top', { fields: ['hostname'] }, 'read'],
  ['fields', {}, 'read'],
  ['stats', {}, 'read'],
  ['account', {}, 'read'],
  ['nodes', {}, 'read'],
  ['streams', {}, 'read'],
  ['holds', {}, 'read'],
  ['forwards', { action: 'list' }, 'read'],
  ['forwards', { action: 'skip', name: 'one', to: 'now', why: 'test' }, 'operate'],
  ['names', { of: 'rule', prefix: '' }, 'read'],
  ['hold-add', { since: 'all', why: 'test', name: 'one' }, 'operate'],
  ['hold-release', { name: 'one' }, 'admin'],
  ['hosts', { action: 'list' }, 'read'],
  ['hosts', { action: 'expect', hosts: ['web1'] }, 'operate'],
  ['hosts', { action: 'retire', host: 'web1' }, 'operate'],
  ['clocks', { action: 'list', hosts: [] }, 'read'],
  ['clocks', { action: 'set', hosts: ['web1'], zone: 'UTC' }, 'operate'],
  ['clocks', { action: 'unset', hosts: ['web1'] }, 'operate'],
  ['alerts', { action: 'list' }, 'read'],
  ['alerts', { action: 'letters', name: 'one' }, 'read'],
  ['alerts', { action: 'digest', send: false }, 'read'],
  ['alerts', { action: 'digest', send: true }, 'operate'],
  ['alerts', { action: 'ack', incident: 'one' }, 'operate'],
  ['alerts', { action: 'resolve', incident: 'one' }, 'operate'],
  ['alerts', { action: 'silence', rule: 'one', ms: 1 }, 'operate'],
  ['alerts', { action: 'mute', ms: 1 }, 'operate'],
  ['alerts', { action: 'retry' }, 'operate'],
  ['alerts', { action: 'test', rule: 'one', since: 0, until: 1, perWeek: 1 }, 'operate'],
  ['alerts', { action: 'unheard of' }, 'operate'],
] as const;
const ROLES = ['read', 'operate', 'admin'] as const;

test('the table has every question', () => {
  assert.deepEqual([...new Set(TABLE.map(([name]) => name))].sort(), [...QUESTIONS].sort());
});

for (const [name, params, least] of TABLE) {
  test(`${name} ${JSON.stringify(params)} needs the role ${least}, and all messages unless it shows only messages`, async () => {
    for (const role of ROLES) {
      const { status } = await ask(role, name, params);
      assert.equal(status === 403, ROLES.indexOf(role) < ROLES.indexOf(least), `${role}: ${status}`);
    }
    const { status } = await ask('limited', name, params);
    assert.equal(status === 403, !['search', 'count', 'hist', 'top', 'fields'].includes(name), `limited: ${status}`);
  });
}

test('an answer is that of the control socket, within what the token may see', async () => {
  const all = await ask('read', 'count');
  assert.match(all.text, /^\{"count":2\}\n\{"_end":/);
  assert.match((await ask('limited', 'count')).text, /^\{"count":1\}\n\{"_end":/);
  const unknown = await ask('read', 'nonsense');
  assert.equal(unknown.status, 404);
  assert.match(unknown.text, /unknown here; update the server, or use a command line of its version/);
  const unreadable = await ask('read', 'search', { query: '(' });
  assert.deepEqual([unreadable.status, unreadable.json['code'], unreadable.json['column']], [400, 'ERR_QUERY', 1]);
});
