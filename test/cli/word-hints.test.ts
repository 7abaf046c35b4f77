import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldOf } from '../../src/query/index.ts';
import { namesEndingAlike, wordHint } from '../../src/cli/asking/word-hints.ts';

const HINTS: readonly (readonly [text: string, hint: RegExp])[] = [
  ['user=ada', /^user=ada was searched as text; for a field write fields.user:ada or sd.ID.user:ada$/],
  ['http.status=500', /for a field write fields.http.status:500 or /],
  ['198.51.100.0/24', /write how its addresses begin: 198\.51\.100\.\*$/],
  ['10.1.2.3/16', /write how its addresses begin: 10\.1\.\*$/],
  ['10.0.0.0/8', /begin: 10\.\*$/],
  ['10.0.0.7/32', /begin: 10\.0\.0\.\*$/],
  ['error', /^"error" was searched as a word; for the severity, and worse: -p err$/],
  ['errors', /: -p err$/],
  ['warn', /: -p warning$/],
  ['critical', /: -p crit$/],
  ['today', /^"today" was searched as a word; for the time: -S today$/],
  ['1h30m', /for the time: -S 1h30m$/],
  ['2026-11-22', /for the time: -S 2026-11-22$/],
  ['host', /^"host" was searched as a word; for the field write host:VALUE; cordwood top host counts its values$/],
];
for (const [text, hint] of HINTS)
  test(`${text} without a match has a hint`, () => assert.match(wordHint(text, fieldOf)!, hint));

test('other words have none', () => {
  for (const text of ['disk', '3', '=x', 'a==b', '10.0.0.7', '/24', 'x=', 'errorless', 'message', '1hour', ''])
    assert.equal(wordHint(text, fieldOf), undefined, text);
});

test('names that end in the same word are near', () => {
  const names = ['sd.origin.ip', 'sd."a.b"."ip"', 'fields.ip', 'fields.ipx', 'message'];
  assert.deepEqual(namesEndingAlike('sd.IP', names), ['sd.origin.ip', 'fields.ip']);
  assert.deepEqual(namesEndingAlike('fields.message', names), ['message']);
});
