import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verdictOnCommand, verdictOnDocument } from '../../../../src/store/mongo/error-codes.ts';
import { PoisonDocuments } from '../../../../src/store/mongo/write/poison-documents.ts';

const CODE = 17_262;

/** Counts this many refusals of a document. */
function refuse(poison: PoisonDocuments, id: string, times: number): void {
  for (let time = 0; time < times; time++) poison.note(id);
}

test('a document is poison after five refusals while others were accepted', () => {
  const poison = new PoisonDocuments();
  refuse(poison, 'a', 4);
  assert.equal(poison.isPoison('a', CODE, true), false);
  poison.note('a');
  assert.equal(poison.isPoison('a', CODE, true), true);
  assert.equal(poison.isPoison('b', CODE, true), true, 'because the code is proven');
  assert.equal(poison.isPoison('b', CODE + 1, true), false);
});

test('a document that is refused alone is poison only after minutes', () => {
  const patient = new PoisonDocuments();
  refuse(patient, 'a', 50);
  assert.equal(patient.isPoison('a', CODE, false), false);
  const impatient = new PoisonDocuments(0);
  refuse(impatient, 'a', 5);
  assert.equal(impatient.isPoison('a', CODE, false), true);
  assert.equal(impatient.isSuspect('b', CODE), false, 'because its code is not proven');
});

test('error codes are sorted into refused, transient and unknown', () => {
  const of = (code: number) => [verdictOnDocument(code), verdictOnCommand({ code })];
  assert.deepEqual(of(121), ['refused', 'unknown']);
  assert.deepEqual(of(10_334), ['refused', 'refused']);
  for (const transient of [13, 91, 112, 189, 8000, 10_107, 11_602, 14_031]) {
    assert.deepEqual(of(transient), ['transient', 'transient'], String(transient));
  }
  assert.deepEqual(of(CODE), ['unknown', 'unknown']);
  assert.equal(verdictOnCommand(new Error('connection closed')), 'transient');
});
