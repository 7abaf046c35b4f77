import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MongoClient } from 'mongodb';
import { escapeRegex } from '../../../../src/base/text/escape-regex.ts';
import { TEXTS } from '../../../base/escaped-texts.ts';
import { needsMongod, startMongod } from '../../../support/mongod.ts';

test('an escaped text matches itself and no other text in mongod', { skip: await needsMongod() }, async () => {
  await using mongod = await startMongod();
  await using client = new MongoClient(mongod.uri);
  const texts = client.db(mongod.database()).collection<{ text: string }>('texts');
  await texts.insertMany(TEXTS.map((text) => ({ text })));
  const wrong: string[] = [];
  for (const text of TEXTS) {
    const found = await texts.find({ text: { $regex: `\\A(?:${escapeRegex(text)})\\z` } }).toArray();
    if (found.length !== 1 || found[0]!.text !== text) wrong.push(JSON.stringify(text));
  }
  assert.deepEqual(wrong, []);
});
