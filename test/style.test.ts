import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..');
const MAX_FILE_LINES = 300;
const MAX_FOLDER_FILES = 25;
const MAX_ASSEMBLY_LINES = 900;

const SOURCES = globSync('src/**/*.{ts,tsx,css}', { cwd: ROOT }).filter((file) => !file.endsWith('.wasm.ts'));
const linesOf = (file: string): string[] => readFileSync(join(ROOT, file), 'utf8').trimEnd().split('\n');

test(`no source file has more than ${MAX_FILE_LINES} lines`, () => {
  const long = SOURCES.map((file) => [file, linesOf(file).length] as const).filter(
    ([, count]) => count > MAX_FILE_LINES,
  );
  assert.deepEqual(long, []);
});

test(`no folder of src has more than ${MAX_FOLDER_FILES} files directly in it`, () => {
  const counts = Map.groupBy(globSync('src/**/*.*', { cwd: ROOT }), dirname);
  const full = [...counts].filter(([, files]) => files.length > MAX_FOLDER_FILES).map(([folder]) => folder);
  assert.deepEqual(full, []);
});

test(`assembly/ only connects rooms: it has at most ${MAX_ASSEMBLY_LINES} lines in all`, () => {
  const files = SOURCES.filter((file) => file.startsWith('src/assembly/'));
  const total = files.reduce((sum, file) => sum + linesOf(file).length, 0);
  assert.ok(total <= MAX_ASSEMBLY_LINES, `${total} lines`);
});

test('sources and documents use at most 15 words of the kind that plain English does without', () => {
  const texts = ['src/**/*.*', 'docs/**/*.md', 'etc/**/*.*', 'README.md', 'ARCHITECTURE.md'].flatMap((glob) =>
    globSync(glob, { cwd: ROOT }).filter((path) => statSync(join(ROOT, path)).isFile()),
  );
  const found = texts.flatMap((file) =>
    linesOf(file).filter((line) => /\b(whoever|somebody|anew|nobody|told of|of old)\b/i.test(line)),
  );
  assert.ok(found.length <= 15, found.join('\n'));
});

test("no folder is made by Node's own recursion, which never returns below /proc: createFolder does it", () => {
  const found = SOURCES.filter((file) => /mkdir(Sync)?\([^;]*recursive/.test(readFileSync(join(ROOT, file), 'utf8')));
  assert.deepEqual(found, []);
});
