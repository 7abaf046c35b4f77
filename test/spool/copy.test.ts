import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { segmentPath } from '../../src/spool/format/segment.ts';
import { nonceOf, SpoolCopy } from '../../src/spool/index.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { bulkEntry, MIB, openSmall, readAll, source } from './support.ts';

test('a copy that is made while a spool is written to has all that was durable, and is recovered as it is', async () => {
  using folder = temporaryFolder();
  const [from, to] = [join(folder.path, 'from'), join(folder.path, 'to')];
  await using spool = await openSmall(from);
  const session = spool.openSession(source(1));
  using copy = new SpoolCopy({ from, to, after: 0 });
  for (let index = 0; index < 40; index++) {
    await spool.append(bulkEntry(session, MIB / 4));
    if (index % 3 === 0) copy.pass();
  }
  const end = await copy.finish();
  assert.deepEqual(end, spool.durable);
  assert.equal(nonceOf(to), nonceOf(from));
  assert.ok(readdirSync(to).length > 3, 'several segments');
  assert.deepEqual(readAll(to), readAll(from));
});

test('a segment that the spool deletes meanwhile is copied whole if a pass has seen it', async () => {
  using folder = temporaryFolder();
  const [from, to] = [join(folder.path, 'from'), join(folder.path, 'to')];
  await using spool = await openSmall(from);
  const session = spool.openSession(source(1));
  await spool.append(bulkEntry(session, MIB / 4));
  const before = readAll(from).messages;
  using copy = new SpoolCopy({ from, to, after: 0 });
  copy.pass();
  while (spool.segments < 3) await spool.append(bulkEntry(session, MIB / 4));
  rmSync(segmentPath(from, 1));
  await copy.finish();
  assert.ok(existsSync(segmentPath(to, 1)));
  assert.deepEqual(readAll(to).messages.slice(0, before.length), before);
});

test('a segment that no pass has seen is missed with an error, never silently', async () => {
  using folder = temporaryFolder();
  const [from, to] = [join(folder.path, 'from'), join(folder.path, 'to')];
  await using spool = await openSmall(from);
  const session = spool.openSession(source(1));
  await spool.append(bulkEntry(session, MIB / 4));
  using copy = new SpoolCopy({ from, to, after: 0 });
  copy.pass();
  while (spool.segments < 4) await spool.append(bulkEntry(session, MIB / 4));
  rmSync(segmentPath(from, 2));
  await assert.rejects(copy.finish(), /deleted messages before they were copied.*make room, and try again/);
});

test('segments whose messages are all safe are left out', async () => {
  using folder = temporaryFolder();
  const [from, to] = [join(folder.path, 'from'), join(folder.path, 'to')];
  await using spool = await openSmall(from);
  const session = spool.openSession(source(1));
  while (spool.segments < 4) await spool.append(bulkEntry(session, MIB / 4));
  using copy = new SpoolCopy({ from, to, after: spool.durable.sequence });
  const end = await copy.finish();
  assert.deepEqual(end, spool.durable);
  assert.deepEqual(
    readdirSync(to).filter((name) => name.endsWith('.spool')),
    readdirSync(from)
      .filter((name) => name.endsWith('.spool'))
      .slice(-1),
  );
});
