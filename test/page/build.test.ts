import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { buildPage } from './build.ts';

const ROOT = join(import.meta.dirname, '../..');
const BUILT = join(ROOT, 'dist/page');
/** Bytes, compressed by gzip: of all scripts, and of what the other screens load when they are first shown. */
const MAX_SCRIPTS = 60_000;
const MAX_LATER = 16_000;
const MAX_STYLES = 8_000;

suite('the bundled page', () => {
  before(buildPage);

  const sizeOf = (pattern: string) =>
    globSync(pattern, { cwd: BUILT }).reduce(
      (sum, file) => sum + gzipSync(readFileSync(join(BUILT, file)), { level: 9 }).length,
      0,
    );

  test('scripts and styles are small', () => {
    const [scripts, later, styles] = [sizeOf('**/index-*.js'), sizeOf('**/others-*.js'), sizeOf('**/*.css')];
    assert.ok(scripts > 0 && scripts + later <= MAX_SCRIPTS, `${scripts + later} bytes of scripts`);
    assert.ok(later > 0 && later <= MAX_LATER, `${later} bytes of scripts of other screens`);
    assert.equal(scripts + later, sizeOf('**/*.js'), 'there are no others');
    assert.ok(styles > 0 && styles <= MAX_STYLES, `${styles} bytes of styles`);
  });

  test('every file has compressed copies of itself', () => {
    const files = globSync('**/*.{js,css,svg,html}', { cwd: BUILT });
    assert.ok(files.length >= 5);
    for (const file of files) {
      const bytes = readFileSync(join(BUILT, file));
      assert.deepEqual(brotliDecompressSync(readFileSync(join(BUILT, `${file}.br`))), bytes);
      assert.deepEqual(gunzipSync(readFileSync(join(BUILT, `${file}.gz`))), bytes);
    }
  });

  test('the document has nothing inline, and files of its own server only', () => {
    const html = readFileSync(join(BUILT, 'index.html'), 'utf8');
    assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/i);
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address!);
    assert.deepEqual(
      addresses.filter((address) => !address.startsWith('/page/')),
      [],
    );
    assert.ok(addresses.length >= 3);
  });

  test('no source of the page makes markup or code of text', () => {
    const acts =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|dangerouslySet|\beval\(|new Function|javascript:/;
    const found = globSync('src/page/**/*.{ts,tsx,html}', { cwd: ROOT }).filter((file) =>
      acts.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    assert.deepEqual(found, []);
  });
});
