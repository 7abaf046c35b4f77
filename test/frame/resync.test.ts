import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FRAME_FLAG } from '../../src/base/frame-list.ts';
import { createFramer } from '../../src/frame/framer.ts';
import { seeded } from '../support/mutate.ts';
import { assertSplitLaw, cutAt, framesOf } from './splits.ts';

const MAX = 64 << 10;
const MESSAGES = Number(process.env['CORDWOOD_RESYNC'] ?? 400);
/** The most messages that one wrong count may cost. */
const MOST_LOST = 2;

/** How the counted frames of a stream are written. */
type Style = {
  readonly name: string;
  readonly message: (text: string, index: number) => string;
  readonly count: (octets: number) => string;
  readonly after: string;
};
const plain = { message: (text: string) => `<13>${text}`, count: String, after: '' };
const STYLES: readonly Style[] = [
  { ...plain, name: 'plain' },
  { ...plain, name: 'every third without a PRI', message: (text, index) => (index % 3 === 1 ? text : `<13>${text}`) },
  { ...plain, name: 'byte order marks', message: (text) => `\xef\xbb\xbf<13>${text}` },
  { ...plain, name: 'a blank before the PRI', message: (text) => ` <13>${text}` },
  { ...plain, name: 'leading zeros', count: (octets) => String(octets).padStart(5, '0') },
  { ...plain, name: 'a blank behind each frame', after: ' ' },
  { ...plain, name: 'an LF behind each frame', after: '\n' },
  { ...plain, name: 'CR LF behind each frame', after: '\r\n' },
];
const WRONG = [-9999, -50, -10, -3, -2, -1, 1, 2, 3, 5, 8, 20, 100, 1000, 5000, 60_000, 3_000_000];

function messagesOf(style: Style): string[] {
  const random = seeded();
  return Array.from({ length: MESSAGES }, (_, index) => {
    const text = `Nov 29 10:00:${index % 60} web${random(9)} app[${random(9999)}]: took ${random(500)} ms`;
    return style.message(`${text}${'x'.repeat(random(80))} id ${index}${random(2) ? '.' : ''}`, index);
  });
}

/** The stream of these messages; the count of the one at `wrong` is wrong by `by`. */
function streamOf(style: Style, messages: readonly string[], wrong: number, by: number): Buffer {
  const frames = messages.map((message, index) => {
    const octets = Math.max(0, message.length + (index === wrong ? by : 0));
    return `${style.count(octets)} ${message}${style.after}`;
  });
  return Buffer.from(frames.join(''), 'latin1');
}

for (const style of STYLES) {
  test(`one wrong count costs at most ${MOST_LOST} of ${MESSAGES} messages: ${style.name}`, () => {
    const messages = messagesOf(style);
    assert.deepEqual(lostOf(messages, streamOf(style, messages, -1, 0)), []);
    for (const wrong of [0, 1, MESSAGES >> 1, MESSAGES - 2, MESSAGES - 1]) {
      for (const by of WRONG) {
        if (endsAtFrame(style, messages, wrong, by)) continue;
        const lost = lostOf(messages, streamOf(style, messages, wrong, by));
        assert.ok(lost.length <= MOST_LOST, `count ${wrong} wrong by ${by}: lost ${lost.length}, first ${lost[0]}`);
      }
    }
  });
}

/** A wrong count that ends where another frame begins cannot be told from a right one. */
function endsAtFrame(style: Style, messages: readonly string[], wrong: number, by: number): boolean {
  let at = 0;
  for (const message of messages.slice(wrong + 1)) {
    if (by >= at && by <= at + style.after.length && at > 0) return true;
    at += style.after.length + style.count(message.length).length + 1 + message.length;
  }
  return false;
}

function lostOf(messages: readonly string[], stream: Buffer): string[] {
  const found = new Set(framesOf(createFramer({ maxFrame: MAX }), [stream]).map(({ text }) => text.trim()));
  return messages.filter((message) => !found.has(message.trim()));
}

test('what is passed over is one flagged frame, and is counted', () => {
  const framer = createFramer({ maxFrame: MAX });
  const frames = framesOf(framer, [Buffer.from('8 <1>abcd7 <1>lost7 <2>abcd7 <3>abcd')]);
  assert.deepEqual(
    frames.map(({ text, flags }) => [text, flags]),
    [
      ['<1>abcd7', 0],
      ['<1>lost', FRAME_FLAG.misframed],
      ['<2>abcd', 0],
      ['<3>abcd', 0],
    ],
  );
  assert.equal(framer.misframed, 1);
});

test('a number at the start of a line takes nothing of the lines behind it', () => {
  const lines = Array.from({ length: 2000 }, (_, index) => `<38>Nov 29 10:00:00 web1 sshd[1]: line ${index}`);
  for (const first of [
    '3000000 zones loaded',
    '3000000 <13>zones',
    '60000 <13>zones',
    '<13>x\n9999999 <x',
    '5 zombies',
  ]) {
    const frames = framesOf(createFramer({ maxFrame: MAX }), [Buffer.from(`<13>a\n${first}\n${lines.join('\n')}\n`)]);
    const texts = frames.map(({ text }) => text);
    assert.deepEqual(texts, ['<13>a', ...first.split('\n'), ...lines], first);
    const alone = framesOf(createFramer({ maxFrame: MAX }), [Buffer.from(`${first}\n${lines.join('\n')}\n`)]);
    assert.equal(alone.length, 2000 + first.split('\n').length, first);
  }
});

test('a NUL in a line makes no second message of it, and is kept', () => {
  const forged = 'innocent\0<0>1 - victim sshd - - - forged';
  const framer = createFramer({ maxFrame: MAX });
  const [, frame, ...rest] = framesOf(framer, [Buffer.from(`<13>a\n<13>${forged}\n`)]);
  assert.deepEqual([frame, rest], [{ text: `<13>${forged}`, flags: 0, original: 0 }, []]);
  const first = framesOf(framer, [Buffer.from(`<13>${forged}\n`)]);
  assert.deepEqual(
    first.map(({ flags }) => flags),
    [0, FRAME_FLAG.misframed],
  );
});

test('streams with wrong counts give the same frames however they are split', () => {
  const random = seeded();
  for (let round = 0; round < MESSAGES; round++) {
    const style = STYLES[random(STYLES.length)]!;
    const messages = Array.from({ length: 6 }, (_, index) => style.message(`a ${index} b`.slice(random(4)), index));
    const stream = streamOf(style, messages, random(6), random(40) - 12);
    for (const framing of ['auto', 'octet'] as const) {
      assertSplitLaw(() => createFramer({ maxFrame: 1 + random(1) + (round % 40), framing }), stream);
    }
  }
});

test('a doubt that is never settled takes bounded memory', () => {
  const framer = createFramer({ maxFrame: 4096 });
  const doubt = Buffer.from(`4 <1>a4090 <1>8 <2>${'9 '.repeat(40)}`);
  for (let index = 0; index < 2000; index++) {
    framer.push(doubt, () => {});
    assert.ok(framer.pending < 3 * 4096, `${framer.pending} bytes are pending`);
  }
  assert.deepEqual(
    cutAt(() => createFramer({ maxFrame: 4096 }), doubt, [9]),
    cutAt(() => createFramer({ maxFrame: 4096 }), doubt, []),
  );
});
