import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { read } from './support.ts';

/**
 * Lines by kind and by vendor, in the forms that manuals of vendors and reports show: host, program, process and message. A
 * host of null is the peer; `-` is RFC 5424's NILVALUE.
 */
type Kind = { readonly kind: string; readonly lines: readonly Line[] };
type Line = { readonly line: string; readonly want: readonly (string | null)[]; readonly at?: string };

const KINDS = ['device-kinds.json', 'vendor-lines.json'].flatMap(
  (file) => JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures', file), 'utf8')) as Kind[],
);
const RECEIVED = Date.UTC(2026, 10, 29, 18, 2);

for (const { kind, lines } of KINDS) {
  test(`kind of line: ${kind}`, () => {
    assert.ok(lines.length > 10, 'a kind has more than ten lines');
    for (const { line, want, at } of lines) {
      const message = read({ bytes: line, receivedAt: RECEIVED });
      const { hostname, appname, procid } = message;
      const host = hostname === '192.0.2.7' ? null : (hostname ?? '-');
      assert.deepEqual([host, appname ?? null, procid ?? null, message.message], want, line);
      if (at !== undefined) assert.equal(message.timestamp.toISOString(), at, line);
      assert.equal(message.flags.includes('no_hostname'), host === null || host === '-', line);
    }
  });
}
