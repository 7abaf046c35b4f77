import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../../support/fc.ts';
import { ByteReader, ByteWriter } from '../../../src/store/blocks/format/bytes.ts';
import { type TemplateFinder, TemplateTexts } from '../../../src/store/blocks/format/templates.ts';
import { textMemory } from '../../../src/store/blocks/format/text-memory.ts';
import { templateProbe } from '../../../src/store/blocks/read/template-probe.ts';
import { TextFinder } from '../../../src/store/blocks/read/text-finder.ts';
import { TemplateWriter, writeStreams } from '../../../src/store/blocks/write/template-writer.ts';
import { joinByReference } from './reference-join.ts';
import { type ReferenceGroup, splitByReference } from './reference-split.ts';

const RUNS = Math.ceil(Number(process.env['CORDWOOD_FUZZ'] ?? 20_000) / 40);

const writer = new TemplateWriter();

const word = fc.constantFrom('user', 'from', 'be', 'a', 'dead', 'x1', 'Gone_2', 'é'.normalize(), '_', 'b1');
const number = fc.oneof(
  fc.integer({ min: 0, max: 300 }).map(String),
  fc.integer({ min: 0, max: 99 }).map((value) => String(value).padStart(4, '0')),
  fc.bigInt({ min: 0n, max: 10n ** 20n }).map(String),
);
const hex = fc.oneof(
  fc.stringMatching(/^[0-9a-f]{8}$/),
  fc.stringMatching(/^[0-9A-F]{1,5}$/),
  fc.stringMatching(/^[0-9a-f]{16}$/),
);
const affixed = fc.integer({ min: 0, max: 2000 }).map((value) => `eth${value}x`);
/** A line of one of a few forms, as programs write them. */
const line = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(word, number, hex).map(([a, b, c]) => `${a} ${b}: id=${c}`) },
  { weight: 4, arbitrary: fc.tuple(number, affixed).map(([a, b]) => `port ${a} of ${b} up, ${a}`) },
  { weight: 2, arbitrary: fc.tuple(word, word, number).map(([a, b, c]) => `${a}/${b} [${c}]`) },
  { weight: 1, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 1, arbitrary: fc.constantFrom('', '\x11', 'two\nlines', ' 7 ', '1 '.repeat(300)) },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  },
);
const lines = fc
  .array(line, { minLength: 1, maxLength: 120 })
  .map((all) => all.map((each) => Buffer.from(each, /[^\0-\xff]/.test(each) ? 'utf8' : 'latin1').toString('latin1')));
const cuts = fc.array(fc.record({ at: fc.nat(120), whole: fc.boolean() }), { maxLength: 3 });

/** Groups of all lines, each of which has at least one. */
function groupsOf(count: number, at: readonly { at: number; whole: boolean }[]): ReferenceGroup[] {
  const ends = [...new Map([...at, { at: count, whole: false }].map((cut) => [cut.at, cut.whole]))];
  return ends
    .filter(([end]) => end > 0 && end <= count)
    .sort(([a], [b]) => a - b)
    .map(([end, whole]) => ({ end, whole }));
}

function bytesOf(all: readonly string[]): Buffer {
  return Buffer.from(all.map((each) => `${each}\n`).join(''), 'latin1');
}

function splitLines(all: readonly string[], groups: readonly ReferenceGroup[]): Buffer[] {
  const hasFeeds = all.some((each) => each.includes('\n'));
  const lengths = all.map(({ length }) => length);
  const streams = writer.split({ bytes: bytesOf(all), lines: all.length, groups, ...(hasFeeds && { lengths }) });
  return streams.map((stream) => Buffer.from(stream));
}

function textsOf(all: readonly string[], streams: readonly Buffer[]): TemplateTexts {
  const out = new ByteWriter();
  writeStreams(out, all.length, streams, 0);
  return new TemplateTexts(new ByteReader(out.copy()), bytesOf(all).length, 0, undefined);
}

test('lines of any bytes are split as the reference splits them, and come back byte for byte', () => {
  fc.assert(
    fc.property(lines, cuts, (all, at) => {
      const groups = groupsOf(all.length, at);
      const streams = splitLines(all, groups);
      assert.deepEqual(streams, splitByReference(all, groups));
      assert.deepEqual(joinByReference(streams), all);
      const made = textsOf(all, streams).all();
      assert.ok(made.bytes.equals(bytesOf(all)));
      assert.equal(made.starts.at(-1), made.bytes.length);
    }),
    { numRuns: RUNS },
  );
});

test('columns of a single form are split as the reference splits them', () => {
  const column = fc.oneof(
    fc.tuple(fc.constantFrom(1, 3, 1000, 2 ** 33), fc.nat(1000)).map(
      ([step, from]) =>
        (row: number) =>
          from + row * step,
    ),
    fc.constantFrom(
      (row: number) => String(row % 7).padStart(3, '0'),
      (row: number) => `web${row % 3}a`,
      (row: number) => `v${row}`,
      (row: number) => `k${row}z${row}`,
      (row: number) => (row * 7919).toString(16),
      (row: number) => (row * 7919).toString(16).toUpperCase().padStart(9, '0'),
      (row: number) => `${row}${'9'.repeat(16 + (row % 5))}`,
    ),
  );
  fc.assert(
    fc.property(
      fc.array(column, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 700 }),
      (columns, count) => {
        const all = Array.from(
          { length: count },
          (_, row) => `some words ${columns.map((at) => at(row)).join(', ')} end`,
        );
        const groups = [{ end: count, whole: false }];
        const streams = splitLines(all, groups);
        assert.deepEqual(streams, splitByReference(all, groups));
        assert.ok(textsOf(all, streams).all().bytes.equals(bytesOf(all)));
      },
    ),
    { numRuns: Math.ceil(RUNS / 5) },
  );
});

test('more templates than fit one byte, and very long lines, come back', () => {
  const letters = (row: number): string => [...row.toString(7)].map((digit) => 'ghijklm'[Number(digit)]).join('');
  const many = Array.from({ length: 1400 }, (_, row) => `${'some common text '.repeat(9)}${letters(row % 700)} ${row}`);
  const long = [`${'word 17 '.repeat(131_072)}`, 'z'.repeat(1 << 20), `${'1'.repeat(70_000)} q`];
  for (const all of [many, long]) {
    const groups = [{ end: all.length, whole: false }];
    const streams = splitLines(all, groups);
    assert.deepEqual(joinByReference(streams), all);
    assert.ok(textsOf(all, streams).all().bytes.equals(bytesOf(all)));
  }
  assert.equal(splitLines(many, [{ end: 1400, whole: false }])[2]!.length, 1400);
});

test('some lines are the same as they are among all', () => {
  fc.assert(
    fc.property(lines, fc.infiniteStream(fc.boolean()), (all, wanted) => {
      const mask = Uint8Array.from(all, () => (wanted.next().value ? 1 : 0));
      const texts = textsOf(all, splitLines(all, groupsOf(all.length, [])));
      const made = texts.some(mask);
      const want = all.filter((_, index) => mask[index] === 1);
      assert.ok(made.bytes.equals(bytesOf(want)));
      assert.equal(made.starts.length, want.length + 1);
    }),
    { numRuns: RUNS },
  );
});

const port = new TextFinder('port');
const byFinding: TemplateFinder = { find: (bytes, from) => port.find(bytes, from), mark: () => undefined };
const byMarking: TemplateFinder = { ...byFinding, mark: (bytes, lines) => port.mark(bytes, lines) };

test('lines of templates with a text are found, and lines that are one variable', () => {
  fc.assert(
    fc.property(lines, cuts, fc.boolean(), (all, at, marking) => {
      const texts = textsOf(all, splitLines(all, groupsOf(all.length, at)));
      const made = texts.found(marking ? byMarking : byFinding);
      const among = made?.among ?? new Uint8Array(all.length);
      for (const [index, each] of all.entries()) {
        if (/\bport\b/.test(each)) assert.equal(among[index], 1, each);
      }
      const want = all.filter((_, index) => among[index] === 1);
      assert.ok(!made || made.bytes.equals(bytesOf(want)));
    }),
    { numRuns: RUNS },
  );
});

test('templates tell which lines have a text that is in no variable, and all lines can be made afterwards', () => {
  const sought = fc.record({
    text: fc.constantFrom('port', 'from', 'user', ' of ', ' up, ', 'be', '/', ': id=', 'gone', 'use', 'r', 'eth', ' ['),
    wholeStart: fc.boolean(),
    wholeEnd: fc.boolean(),
  });
  fc.assert(
    fc.property(lines, cuts, sought, (all, at, { text, ...ends }) => {
      const isToken = (index: number): boolean => /\w/.test(text.at(index)!);
      const wanted = { text, wholeStart: ends.wholeStart && isToken(0), wholeEnd: ends.wholeEnd && isToken(-1) };
      const texts = textsOf(all, splitLines(all, groupsOf(all.length, at)));
      const { exact } = templateProbe(wanted) ?? {};
      if (exact && !exact.notInVariables.some((finder) => texts.inVariables(finder)) && all.every(isOneLine)) {
        const verdict = texts.verdict(exact.inTemplate);
        assert.ok(verdict);
        const finder = new TextFinder(text);
        const has = (line: string): boolean => finder.mark(inMemory(line), 1, wanted)!.count === 1;
        const want = all.map((line) => (has(line) ? 1 : 0));
        const got = verdict === 'none' ? want.map(() => 0) : [...verdict.matching];
        assert.deepEqual(got, want);
        if (verdict !== 'none') assert.equal(verdict.count, got.filter((one) => one === 1).length);
      }
      assert.ok(texts.all().bytes.equals(bytesOf(all)));
    }),
    { numRuns: RUNS },
  );
});

function isOneLine(line: string): boolean {
  return !line.includes('\n');
}

function inMemory(line: string): Buffer {
  return textMemory().copied(bytesOf([line]))!;
}

test('streams that were changed give lines or are reported as damage', () => {
  const samples = fc
    .sample(lines, { numRuns: 12, seed: 4 })
    .map((all) => ({ all, streams: splitLines(all, groupsOf(all.length, [{ at: 40, whole: true }])) }));
  const change = fc.record({
    of: fc.constantFrom(...samples),
    stream: fc.nat(12),
    at: fc.nat(1 << 16),
    byte: fc.nat(255),
    cut: fc.boolean(),
  });
  let damages = 0;
  fc.assert(
    fc.property(change, ({ of, stream, at, byte, cut }) => {
      const streams = [...of.streams];
      const bytes = Buffer.from(streams[stream]!);
      if (bytes.length > 0) bytes[at % bytes.length] = byte;
      streams[stream] = cut ? bytes.subarray(0, at % (bytes.length + 1)) : bytes;
      try {
        const texts = textsOf(of.all, streams);
        texts.some(Uint8Array.from(of.all, (_, index) => index % 2));
        texts.all();
      } catch (error) {
        damages++;
        assert.match(String(error), /^Error: damaged block: /);
      }
    }),
    { numRuns: RUNS * 4 },
  );
  assert.ok(damages > RUNS / 2);
});
