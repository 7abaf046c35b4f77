import assert from 'node:assert/strict';
import { test } from 'node:test';
import stringWidth from 'string-width';
import { cut, pad, widthOf } from '../../src/cli/views/width.ts';
import { table } from '../../src/cli/views/table.ts';
import fc from '../support/fc.ts';

const width = (text: string, columns: number) =>
  test(`${JSON.stringify(text)} takes ${columns} columns`, () => assert.equal(widthOf(text), columns));
width('', 0);
width('web1', 4);
width('é', 1);
width('e\u0301', 1);
width('日本', 4);
width('😀', 2);
width('👨‍👩‍👧', 2);
width('한글', 4);

test('a table aligns columns by display width', () => {
  const rows = [
    ['stream', 'messages', 'bytes'],
    ['cafe\u0301', '1', '10 B'],
    ['日本', '20', '9 B'],
    ['😀', '300', '-'],
  ];
  assert.equal(
    table(rows, 'lr'),
    [
      'stream  messages  bytes',
      'cafe\u0301           1   10 B',
      '日本          20    9 B',
      '😀           300      -',
    ].join('\n'),
  );
});

test('the last letter of an alignment holds for all further columns', () => {
  const rows = [
    ['1', 'a', 'b', 'c'],
    ['20', 'bb', 'cc', 'dd'],
  ];
  assert.equal(table(rows, 'rl'), ' 1  a   b   c\n20  bb  cc  dd');
  assert.equal(table([], 'rl'), '');
});

test('a table escapes what would act on the terminal, and aligns what it shows', () => {
  assert.equal(
    table(
      [
        ['\x1b[2J', 'x'],
        ['plain', 'y'],
      ],
      'l',
    ),
    '\\x1b[2J  x\nplain    y',
  );
});

test('in every table, a column begins at the same place on each line', () => {
  const cell = fc.string({
    unit: fc.constantFrom('a', 'e\u0301', '日', '😀', '한', '\x1b', '\u202e', '-'),
    maxLength: 8,
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 6 }), (rows) => {
      const lines = table(
        rows.map((cells) => [...cells, '|']),
        'lr',
      ).split('\n');
      const ends = new Set(lines.map((line) => stringWidth(line)));
      assert.equal(ends.size, 1);
      assert.ok(lines.every((line) => line.endsWith('|')));
    }),
  );
});

test('padding adds blanks on the side asked for', () => {
  assert.equal(pad('日', 4), '日  ');
  assert.equal(pad('日', 4, 'left'), '  日');
  assert.equal(pad('long', 2), 'long');
});

test('a text that is cut fits the width and keeps graphemes whole', () => {
  assert.equal(cut('short', 5), 'short');
  assert.equal(cut('longer', 5), 'long…');
  assert.equal(cut('日本語', 5), '日本…');
  assert.equal(cut('a👨‍👩‍👧b', 3), 'a…');
  assert.equal(cut('e\u0301'.repeat(5), 4), `${'e\u0301'.repeat(3)}…`);
  assert.equal(widthOf(cut('x'.repeat(1e6), 60)), 60);
});
