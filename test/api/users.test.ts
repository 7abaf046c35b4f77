import assert from 'node:assert/strict';
import { chmodSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { editUsers } from '../../src/api/access/edit.ts';
import { EndedSessions } from '../../src/api/access/ended-sessions.ts';
import { Failures } from '../../src/api/access/failures.ts';
import { Links } from '../../src/api/access/links.ts';
import { hashPassword, isPasswordHash, PasswordCheck } from '../../src/api/access/passwords.ts';
import { Sessions, sessionKey } from '../../src/api/access/sessions.ts';
import { isToken, makeToken } from '../../src/api/access/tokens.ts';
import { readUsers, UsersFile } from '../../src/api/access/users.ts';
import { SILENT } from '../../src/base/log.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { Served } from './support.ts';

const HOUR = 3_600_000;

test('a password is known again by its hash, also typed with other code points', async () => {
  const check = new PasswordCheck();
  const hash = await hashPassword('caf\u00e9');
  assert.match(hash, /^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.deepEqual(
    await Promise.all(['caf\u00e9', 'cafe\u0301', 'cafe'].map((password) => check.matches(password, hash))),
    [true, true, false],
  );
  assert.equal(await check.matches('', undefined), false);
});

test('a hash that would take too much memory, or is none, is refused', () => {
  const hash = (cost: string) => `$scrypt$${cost}$${'A'.repeat(22)}$${'A'.repeat(43)}`;
  assert.ok(isPasswordHash(hash('ln=15,r=8,p=3')));
  for (const cost of ['ln=17,r=8,p=1', 'ln=15,r=99,p=1', 'ln=0,r=8,p=3', 'ln=15,r=8']) {
    assert.ok(!isPasswordHash(hash(cost)), cost);
  }
  assert.ok(!isPasswordHash('sesame'));
});

test('a token with a typing error is told apart from an unknown one', () => {
  const token = makeToken();
  assert.ok(isToken(token) && token.startsWith('cw_') && token.length === 52);
  const typo = token.slice(0, 10) + (token[10] === 'A' ? 'B' : 'A') + token.slice(11);
  for (const wrong of [typo, token.slice(0, -1), `${token}A`, '', 'cw_']) assert.ok(!isToken(wrong), wrong);
});

test('a link is good once, and only for its time', () => {
  let now = 0;
  const links = new Links(() => now);
  const link = links.make(1000);
  assert.deepEqual([links.take('x'), links.take(link), links.take(link)], [false, true, false]);
  const late = links.make(1000);
  now = 1000;
  assert.equal(links.take(late), false);
});

test('a session ends 12 hours after its last request, and 7 days after its login', () => {
  let now = 0;
  using folder = temporaryFolder();
  const ended = new EndedSessions(folder.path, SILENT, () => now);
  const sessions = new Sessions(Buffer.alloc(32, 1), ended, () => now);
  const first = sessions.begin({ user: 'ada', way: 'password', mark: 'm' });
  now = 12 * HOUR;
  assert.equal(sessions.read(first)?.user, 'ada');
  now++;
  assert.equal(sessions.read(first), undefined);
  let cookie = sessions.begin({ user: 'ada', way: 'password', mark: 'm' });
  const began = now;
  while (now - began <= 7 * 24 * HOUR) {
    const content = sessions.read(cookie);
    assert.ok(content, String(now));
    cookie = sessions.renew(content) ?? cookie;
    now += 6 * HOUR;
  }
  assert.equal(sessions.read(cookie), undefined);
  assert.equal(new Sessions(Buffer.alloc(32, 2), ended, () => began).read(first), undefined);
});

test('a logout ends the session for every copy of its cookie, also renewed ones and after a restart', async () => {
  await using served = await Served.start({ users: { ada: { role: 'read' } } });
  const status = async (cookie: string) => (await served.send('/api/v1/session', { cookie })).status;
  const [cookie, other] = [await served.logIn('ada'), await served.logIn('ada')];
  assert.equal((await served.send('/api/v1/session', { method: 'DELETE', cookie })).status, 204);
  assert.deepEqual([await status(cookie), await status(other)], [401, 200]);
  assert.equal(statSync(join(served.folder, 'web.ended')).mode & 0o777, 0o600);
  let now = Date.now();
  const ended = () => new EndedSessions(served.folder, SILENT, () => now);
  const sessions = new Sessions(sessionKey(served.folder, SILENT), ended(), () => now);
  const ofOther = sessions.read(cookieContent(other))!;
  now += HOUR;
  const renewed = sessions.renew(ofOther)!;
  sessions.end(ofOther);
  const restarted = new Sessions(sessionKey(served.folder, SILENT), ended(), () => now);
  assert.deepEqual(
    [cookie, other].map((one) => restarted.read(cookieContent(one))),
    [undefined, undefined],
  );
  assert.equal(restarted.read(renewed), undefined);
});

test('logouts are forgotten once their sessions would have ended, and a damaged file of them is reported', () => {
  using folder = temporaryFolder();
  let now = 0;
  const warnings: string[] = [];
  const log = { warn: (_: unknown, text?: string) => void warnings.push(String(text)) };
  const ended = new EndedSessions(folder.path, log, () => now);
  ended.add('old', 1000);
  now = 2000;
  ended.add('new', 5000);
  assert.deepEqual([ended.has('old'), ended.has('new')], [false, true]);
  writeFileSync(join(folder.path, 'web.ended'), '[["ne');
  assert.equal(new EndedSessions(folder.path, log, () => now).has('new'), false);
  assert.match(warnings.join(), /earlier logouts are forgotten/);
});

/** What the header of a cookie carries. */
function cookieContent(cookie: string): string {
  return decodeURIComponent(cookie.slice(cookie.indexOf('=') + 1));
}

test('the key of sessions survives a restart, and is made again if it is damaged or others could read it', () => {
  using folder = temporaryFolder();
  const warnings: string[] = [];
  const log = { warn: (_: unknown, text?: string) => void warnings.push(String(text)) };
  const path = join(folder.path, 'web.key');
  const key = sessionKey(folder.path, log);
  assert.deepEqual(sessionKey(folder.path, log), key);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  for (const spoil of [() => writeFileSync(path, 'short'), () => chmodSync(path, 0o644)]) {
    spoil();
    const next = sessionKey(folder.path, log);
    assert.equal(next.length, 32);
    assert.notDeepEqual(next, key);
    assert.deepEqual(sessionKey(folder.path, log), next);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  }
  assert.deepEqual(warnings, Array(2).fill('the key of sessions is made again: everyone has to log in again'));
});

test('failures of an address end after a minute; a network of IPv6 is one address', () => {
  let now = 0;
  const failures = new Failures(() => now);
  for (let time = 0; time < 5; time++) failures.add('login', `2001:db8::${time}`);
  assert.ok(failures.waitMs('login', '2001:db8::99') > 0);
  assert.equal(failures.waitMs('login', '2001:db8:0:1::1'), 0);
  assert.equal(failures.waitMs('token', '2001:db8::99'), 0);
  for (let time = 0; time < 10; time++) failures.add('login', `10.0.0.${time}`, 'ada');
  assert.ok(failures.waitMs('login', '10.9.9.9', 'ada') > 0);
  assert.equal(failures.waitMs('login', '10.9.9.9', 'bob'), 0);
  failures.forgive('login', '10.0.0.1', 'ada');
  assert.equal(failures.waitMs('login', '10.9.9.9', 'ada'), 0);
  now = 60_000;
  assert.equal(failures.waitMs('login', '10.9.9.9', 'ada'), 0);
});

test('the file of users is private, and its errors have their place', () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'users.yaml');
  assert.deepEqual(readUsers(path), { users: {}, tokens: {} });
  editUsers(path, 'users', 'ada', { role: 'read', only: 'stream:web' });
  assert.equal(statSync(path).mode & 0o777, 0o640);
  assert.equal(readUsers(path).users['ada']?.only, 'stream:web');
  chmodSync(path, 0o644);
  assert.throws(() => readUsers(path), /other users of this machine may read or change it; chmod 640/);
  chmodSync(path, 0o640);
  writeFileSync(path, 'users:\n  ada: {role: root}\n  "a b": {role: read}\n  operator: {role: read, only: "("}\n');
  assert.throws(
    () => readUsers(path),
    (error: Error) => {
      assert.match(error.message, /line 2:15: users\.ada\.role: "root" is not one of: metrics, read, operate, admin/);
      assert.match(error.message, /"a b" is not a name/);
      assert.match(error.message, /users\.operator\.only: "\(" is not a query/);
      return true;
    },
  );
  writeFileSync(path, 'users: {operator: {role: read}}');
  assert.throws(() => readUsers(path), /choose another name/);
  const sha256 = '0'.repeat(64);
  for (const name of ['operator', 'ada']) {
    writeFileSync(
      path,
      JSON.stringify({ users: { ada: { role: 'read' } }, tokens: { [name]: { role: 'read', sha256 } } }),
    );
    assert.throws(() => readUsers(path), new RegExp(`tokens\\.${name}: is the name of`));
  }
});

test('an entry is changed without touching comments', () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'users.yaml');
  writeFileSync(path, '# ours\nusers:\n  ada: {role: read} # on call\n  bob: {role: read}\n', { mode: 0o600 });
  editUsers(path, 'users', 'bob', undefined);
  const users = readUsers(path);
  assert.deepEqual(Object.keys(users.users), ['ada']);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.throws(() => editUsers(path, 'users', 'eve', { role: 'root' }), /users\.eve\.role: "root" is not one of/);
});

test('a changed file counts from the next login on; a broken one changes nothing', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'users.yaml');
  const texts: string[] = [];
  const log = { ...SILENT, warn: (_: unknown, text?: string) => void texts.push(String(text)) };
  using file = new UsersFile(path, log, 3_600_000);
  assert.equal(file.user('ada'), undefined);
  editUsers(path, 'users', 'ada', { role: 'read' });
  assert.equal(file.user('ada')?.role, 'read');
  writeFileSync(path, 'users: [');
  assert.equal(file.user('ada')?.role, 'read');
  assert.match(texts[0]!, /cannot read the users again, the old ones stay: cannot use the file of users/);
  assert.equal(file.user('ada')?.role, 'read');
  rmSync(path);
  assert.equal(file.user('ada'), undefined);
});

test('a changed role ends the sessions of the user, and of no other user', async () => {
  await using served = await Served.start({ users: { ada: { role: 'admin' }, bob: { role: 'read' } } });
  const [ada, bob] = [await served.logIn('ada'), await served.logIn('bob')];
  served.writeUsers({ ada: { role: 'read' }, bob: { role: 'read' } }, {});
  const status = async (cookie: string) => (await served.send('/api/v1/session', { cookie })).status;
  assert.equal(await status(ada), 401);
  assert.equal(await status(bob), 200);
});

test('metrics are read without a token from the addresses named, and nothing else is', async () => {
  await using served = await Served.start({ web: { metrics: { from: ['127.0.0.1'] } } });
  assert.equal((await served.send('/metrics')).status, 200);
  assert.equal((await served.send('/api/v1/count')).status, 401);
});
