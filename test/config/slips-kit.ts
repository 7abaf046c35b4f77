import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadSettings } from '../../src/config/index.ts';
import { temporaryFolder } from '../support/tmp.ts';

/** A slip, a file that has it, and every line that the error says about it. */
export type Slip = readonly [what: string, text: string, said: readonly string[]];

export const MAIL = "mail: {from: logs@example.org, smtp: 'smtps://mail.example.org'}\n";
/** A file with one rule that has these keys, too. */
export const rule = (rest: string): string => `alerts:\n  - name: a\n    kind: match\n${rest}    to: []\n`;

/** The error for a file with this text. */
export async function errorOf(text: string): Promise<string> {
  using folder = temporaryFolder();
  const config = join(folder.path, 'c.yaml');
  writeFileSync(config, text);
  return await loadSettings({ config }, {}).then(
    () => 'no error',
    (error: Error) => error.message.replaceAll(config, 'c.yaml'),
  );
}

/** Tests what the error says about each of the slips. */
export function testSlips(slips: readonly Slip[]): void {
  for (const [what, text, said] of slips) {
    test(`check-config says what to write instead of ${what}`, async () => {
      const count = said.length === 1 ? 'one problem' : `${said.length} problems`;
      const wanted = [`cannot use the configuration c.yaml: ${count}`, ...said.map((line) => `  ${line}`)].join('\n');
      assert.equal(await errorOf(text), wanted);
    });
  }
}
