import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadSettings } from '../../src/config/index.ts';
import { temporaryFolder } from '../support/tmp.ts';

/** The notes that a configuration gets. */
async function notesOf(yaml: string): Promise<readonly string[]> {
  using folder = temporaryFolder();
  const config = join(folder.path, 'cordwood.yaml');
  writeFileSync(config, yaml);
  return (await loadSettings({ config, data: folder.path, listen: [] }, {})).notes;
}

const sized = (max_frame: string, more: string) => `
listen: [{kind: tcp, address: '127.0.0.1:5514', max_frame: ${max_frame}}]
forward: [{kind: relp, name: central, to: ['127.0.0.1:2514']${more}}]
`;

test('a destination whose lines are shorter than what listeners take is noted, with the size to set', async () => {
  assert.deepEqual(await notesOf(sized('64KiB', '')), []);
  const wanted = /^forward central: max_size is 68 KiB, .* of 100 KiB: .*, to 104KiB$/;
  const [note, ...more] = await notesOf(sized('100KiB', ''));
  assert.match(note!, wanted);
  assert.deepEqual(more, []);
  assert.deepEqual(await notesOf(sized('100KiB', ', max_size: 104KiB')), []);
  assert.deepEqual(await notesOf(sized('68KiB', ', trail: none')), [], 'no origin is added');
});

test('a listener that takes what relays send needs no larger lines than other listeners', async () => {
  const listen = `listen: [{kind: tcp, address: '127.0.0.1:5514', max_frame: 68KiB, relays: [10.0.0.5]}]`;
  const notes = await notesOf(`${listen}\nforward: [{kind: relp, name: central, to: ['127.0.0.1:2514']}]\n`);
  assert.deepEqual(
    notes.filter((note) => note.startsWith('forward ')),
    [],
  );
});

test('a listener with relays and the usual max_frame is noted: lines with their origin are longer', async () => {
  const notes = await notesOf(`listen: [{kind: tcp, address: '127.0.0.1:5514', relays: [10.0.0.5]}]`);
  assert.ok(notes.some((note) => /^listener tcp0: max_frame is 64 KiB, .* set max_frame: 68KiB/.test(note)));
});
