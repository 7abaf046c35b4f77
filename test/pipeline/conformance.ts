import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LogMessage } from '../../src/model/message.ts';
import { draft } from '../support/arbitraries.ts';
import { batchOf, type Draft, EPOCH, messagesOf } from '../support/batches.ts';
import fc from '../support/fc.ts';
import { open, ROOM, stage } from './kit.ts';

const RUNS = Math.min(2000, Number(process.env['CORDWOOD_FUZZ'] ?? 20_000) / 100);

/** Messages in order of arrival; the stage applies to some of them. */
const some = (subject: fc.Arbitrary<Draft>): fc.Arbitrary<Draft[]> =>
  fc.array(fc.tuple(fc.oneof(draft, subject), fc.nat({ max: 20_000 })), { maxLength: 24 }).map((given) => {
    let at = EPOCH;
    return given.map(([each, gap], index): Draft => {
      at += gap;
      return { ...each, received_at: new Date(at), sequence: index + 1 };
    });
  });

/** The promises of every kind of stage. @param subject messages to which the stage may apply */
export function stageConformance(kind: string, given: Record<string, unknown>, subject: fc.Arbitrary<Draft>): void {
  const settings = stage({ kind, ...given });
  const run = async (batches: readonly (readonly Draft[])[], restartAt = -1): Promise<LogMessage[]> => {
    let { pipeline } = await open([settings]);
    const left: LogMessage[] = [];
    for (const [index, drafts] of batches.entries()) {
      if (index === restartAt) {
        const saved = JSON.stringify(pipeline.save() ?? null);
        ({ pipeline } = await open([settings]));
        pipeline.restore(JSON.parse(saved));
      }
      const batch = batchOf(drafts, { room: ROOM });
      pipeline.run(batch);
      left.push(...messagesOf(batch));
    }
    return left;
  };

  describe(`${kind} stage`, () => {
    test('the stage keeps the order of messages, and counts those that it drops or changes', async () => {
      const law = fc.asyncProperty(some(subject), async (drafts) => {
        const batch = batchOf(drafts, { room: ROOM });
        const before = messagesOf(batch);
        const { pipeline, counted } = await open([settings]);
        const reported: string[] = [];
        pipeline.run(batch, { dropped: (at, row, name) => void reported.push(`${name} ${at.id(row)}`) });
        const after = new Map(messagesOf(batch).map((message) => [message._id, message]));
        assert.deepEqual(
          [...after.keys()],
          before.filter(({ _id }) => after.has(_id)).map(({ _id }) => _id),
        );
        const gone = before.filter(({ _id }) => !after.has(_id));
        const changed = before.filter((message) => {
          const left = after.get(message._id);
          return left && JSON.stringify(left) !== JSON.stringify(message);
        });
        assert.equal(counted(), gone.length + changed.length);
        assert.deepEqual(
          reported,
          gone.map(({ _id }) => `${settings.name} ${_id}`),
        );
      });
      await fc.assert(law, { numRuns: RUNS });
    });

    test('the result does not depend on batches, nor on a restart between them', async () => {
      const law = fc.asyncProperty(some(subject), fc.nat(24), fc.nat(24), async (drafts, one, other) => {
        const [first, second] = [Math.min(one, other), Math.max(one, other)];
        const parts = [drafts.slice(0, first), drafts.slice(first, second), drafts.slice(second)];
        const whole = await run([drafts]);
        assert.deepEqual(await run(parts), whole);
        assert.deepEqual(await run(parts, 1), whole);
        assert.deepEqual(await run(parts, 2), whole);
      });
      await fc.assert(law, { numRuns: RUNS / 2 });
    });

    test('with a full arena, the stage does not throw and loses no message that it would keep', async () => {
      const law = fc.asyncProperty(some(subject), async (drafts) => {
        const { pipeline } = await open([settings]);
        const batch = batchOf(drafts);
        pipeline.run(batch);
        const left = new Set(messagesOf(batch).map(({ _id }) => _id));
        const roomy = batchOf(drafts, { room: ROOM });
        (await open([settings])).pipeline.run(roomy);
        for (const { _id, appname } of messagesOf(roomy)) assert.ok(left.has(_id) || appname === 'cordwood');
      });
      await fc.assert(law, { numRuns: RUNS / 2 });
    });

    test('a match that fits no message leaves all messages unchanged', async () => {
      if (kind === 'keep') return void assert.ok(!('optional' in settings));
      const drafts = fc.sample(some(subject), { numRuns: 3, seed: 1 }).flat();
      const { pipeline } = await open([{ ...settings, match: 'hostname:unknown' } as typeof settings]);
      const batch = batchOf(drafts, { room: ROOM });
      const before = messagesOf(batch);
      pipeline.run(batch);
      assert.deepEqual(messagesOf(batch), before);
    });
  });
}
