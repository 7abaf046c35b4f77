import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LISTENERS } from '../src/listen/registry.ts';
import { STAGES } from '../src/pipeline/registry.ts';
import { STORES } from '../src/store/registry.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const names = (kinds: readonly { readonly name: string }[]) => kinds.map(({ name }) => name).sort();
/** The folder of a kind of store. */
const folderOf = (kind: string) => (kind === 'mongodb' ? 'mongo' : kind);
/** Files of src that export something of this form. */
const exporting = (glob: string, what: RegExp) =>
  globSync(glob, { cwd: join(ROOT, 'src') }).filter((file) => what.test(read(`src/${file}`)));

test('every file that opens a listener is a kind of listener, and the other way round', () => {
  const files = exporting('listen/*.ts', /^export async function open\w+\([^)]*\): Promise<Listener>/m);
  assert.deepEqual(
    files.sort(),
    names(LISTENERS).map((name) => `listen/${name}.ts`),
  );
});

test('every folder that opens a store is a kind of store, and the other way round', () => {
  const files = exporting('store/*/*.ts', /^export (async )?function open\w+\([^)]*\): Promise<StoreWriter>/m);
  assert.deepEqual(
    files.sort(),
    names(STORES).map((name) => `store/${folderOf(name)}/index.ts`),
  );
});

test('every file that opens a stage is a kind of stage, and the other way round', () => {
  const files = exporting('pipeline/*.ts', /^export const open\w+: OpenStage</m);
  assert.deepEqual(
    files.sort(),
    names(STAGES).map((name) => `pipeline/${name}.ts`),
  );
});

test('every kind is run through the conformance suite of its room', () => {
  for (const name of names(STAGES))
    assert.match(read(`test/pipeline/${name}.test.ts`), new RegExp(`^stageConformance\\('${name}'`, 'm'));
  for (const name of names(LISTENERS))
    assert.match(read(`test/listen/${name}.test.ts`), new RegExp(`^conformance\\('${name}'`, 'm'));
  for (const name of names(STORES)) {
    assert.match(
      read(`test/store/${folderOf(name)}/conformance.test.ts`),
      new RegExp(`^ *storeConformance\\(\\s*'${name}'`, 'm'),
    );
  }
});

test('every fault point is listed for those who write tests, and armed in one', () => {
  const points = globSync('src/**/*.ts', { cwd: ROOT })
    .flatMap((file) => [...read(file).matchAll(/\b(?:fault|threadFault)\('(\w+)'\)/g)].map(([, name]) => name!))
    .sort();
  assert.deepEqual(points, [
    'acked',
    'append',
    'commit',
    'cursor',
    'fsync',
    'judged',
    'noted',
    'posted',
    'question',
    'relayed',
    'rotate',
    'safe',
    'sending',
    'sent',
    'unlink',
  ]);
  const listed = /`CORDWOOD_FAULT=name:n` \|.*: ([\w, ]+) \|/.exec(read('CONTRIBUTING.md'))![1]!;
  assert.deepEqual(listed.split(', ').sort(), points);
  const armed = ['faults.test', 'reader-failure.test', 'alert-nodes', 'forward.test', 'relay-receiver.test']
    .map((file) => read(`test/e2e/${file}.ts`))
    .join();
  for (const name of points) assert.match(armed, new RegExp(`['\`]${name}:`), name);
});

test('what the package promises is there', () => {
  const { files, bin } = JSON.parse(read('package.json'));
  for (const path of [...files, ...Object.values<string>(bin)])
    assert.ok(path === 'dist' || existsSync(join(ROOT, path)), path);
});
