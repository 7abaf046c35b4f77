import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeadLetter } from '../../src/transfer/contract.ts';
import { toJson } from '../../src/model/json.ts';
import { message, NOW, runFake } from './fake.ts';

const letter = (id: string, text: string): DeadLetter => ({
  id,
  at: NOW,
  reason: 'Document failed validation',
  message: toJson(message({ _id: id, message: text })),
});
const LETTERS = [letter('01', 'first\u001b[2J'), letter('02', 'x'.repeat(100))];

/** Runs the command over two dead letters, of which a retry stores those in `takes`. */
async function run(args: readonly string[], takes: readonly string[] = []) {
  const retried: string[] = [];
  const deadLetters = async () => ({
    list: () => LETTERS,
    retry: async (letters: readonly DeadLetter[]) => {
      retried.push(...letters.map(({ id }) => id));
      return letters.map(({ id }) => id).filter((id) => takes.includes(id));
    },
  });
  return { ...(await runFake(['dead-letter', ...args], { services: { deadLetters } })), retried };
}

test('dead-letter list shows a line each, cut, with nothing that acts on a terminal', async () => {
  const { code, stdout } = await run(['list']);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(code, 0);
  assert.match(lines[0]!, /^01 {2}2026-11-22T15:20:01.123Z {2}web1 {2}Document failed validation {2}first/);
  assert.doesNotMatch(stdout, /\u001b/);
  assert.match(lines[1]!, /x{60}…$/);
  const json = (await run(['list', '-o', 'json'])).stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    json.map(({ id }) => id),
    ['01', '02'],
  );
});

test('dead-letter show shows one in full', async () => {
  const { stdout } = await run(['show', '02']);
  assert.match(stdout, /^id {7}02\nrefused {2}2026-11-22T15:20:01.000Z\nreason {3}Document failed validation\n\{\n/);
  assert.match(stdout, /x{100}/);
});

test('dead-letter retry notes how many are stored, and exits 1 if some are not', async () => {
  assert.deepEqual((await run(['retry'], ['01', '02'])).code, 0);
  const some = await run(['retry'], ['02']);
  assert.deepEqual([some.code, some.stderr, some.retried], [1, '-- stored 1 of 2\n', ['01', '02']]);
  assert.deepEqual((await run(['retry', '02'], ['02'])).retried, ['02']);
});

const bad: readonly (readonly [args: string[], message: RegExp])[] = [
  [[], /cannot run dead-letter: write list \| show ID \| retry \[ID\]/],
  [['erase'], /cannot run dead-letter: write list/],
  [['show'], /cannot show a dead letter: give its id, from cordwood dead-letter list/],
  [['show', '07'], /cannot show the dead letter 07: unknown id; cordwood dead-letter list shows them all/],
  [['list', '01'], /cannot read "01"/],
];
for (const [args, wanted] of bad) {
  test(`dead-letter ${args.join(' ')} is refused`, async () => {
    const { code, stderr } = await run(args);
    assert.equal(code, 2);
    assert.match(stderr, wanted);
  });
}
