import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verdictOnCommand, verdictOnDocument } from '../../../../src/store/mongo/error-codes.ts';
import { PoisonDocuments } from '../../../../src/store/mongo/write/poison-documents.ts';

const CODE = 17_262;

/** Notes that a document was refused so often. */
function refusedOften(suspects: PoisonDocuments, id: string, times: number): void {
  for (let time = 0; time < times; time++) suspects.note(id);
}

test('a document is guilty once it was refused five times while others were taken', () => {
  const suspects = new PoisonDocuments();
  refusedOften(suspects, 'a', 4);
  assert.equal(suspects.isPoison('a', CODE, true), false);
  suspects.note('a');
  assert.equal(suspects.isPoison('a', CODE, true), true);
  assert.equal(suspects.isPoison('b', CODE, true), true, 'the code is proven by now');
  assert.equal(suspects.isPoison('b', CODE + 1, true), false);
});

test('alone, it is guilty after minutes only', () => {
  const patient = new PoisonDocuments();
  refusedOften(patient, 'a', 50);
  assert.equal(patient.isPoison('a', CODE, false), false);
  const impatient = new PoisonDocuments(0);
  refusedOften(impatient, 'a', 5);
  assert.equal(impatient.isPoison('a', CODE, false), true);
  assert.equal(impatient.isSuspect('b', CODE), false, 'which proves nothing about its code');
});

test('what a code says', () => {
  const of = (code: number) => [verdictOnDocument(code), verdictOnCommand({ code })];
  assert.deepEqual(of(121), ['refused', 'unknown']);
  assert.deepEqual(of(10_334), ['refused', 'refused']);
  for (const transient of [13, 91, 112, 189, 8000, 10_107, 11_602, 14_031]) {
    assert.deepEqual(of(transient), ['transient', 'transient'], String(transient));
  }
  assert.deepEqual(of(CODE), ['unknown', 'unknown']);
  assert.equal(verdictOnCommand(new Error('connection closed')), 'transient');
});
