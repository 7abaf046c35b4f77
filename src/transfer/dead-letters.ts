import { retentionOf, type Settings } from '../config/index.ts';
import { MessageBatch } from '../model/batch.ts';
import { decodeId } from '../model/id.ts';
import { fromJson } from '../model/json.ts';
import { addMessage } from '../model/add-message.ts';
import { type DeadLetter, DeadLetters, readDeadLetters } from '../store/index.ts';
import type { DeadLetterService, OpenStore } from './contract.ts';

/** Letters stored by one insert. */
const BATCH_ROWS = 500;

/**
 * Opens the dead letters of a data folder. Safe beside a running server: both processes only append
 * to the file.
 */
export function openDeadLetters(settings: Settings, openStore: OpenStore): DeadLetterService {
  const folder = settings.data;
  return {
    list: () => readDeadLetters(folder),
    retry: async (letters) => {
      const refused = new Set<string>();
      const { openWriter } = await openStore(settings);
      await using writer = await openWriter({
        ...retentionOf(settings),
        folder,
        now: Date.now,
        onDeadLetter: (batch, row) => refused.add(batch.id(row)),
      });
      const file = new DeadLetters(folder);
      const stored: string[] = [];
      // What a destination refused is stored already.
      for (const batch of batchesOf(letters.filter(({ forward }) => forward === undefined))) {
        await writer.insert(toMessageBatch(batch));
        const accepted = batch.map(({ id }) => id).filter((id) => !refused.has(id));
        file.resolve(accepted);
        stored.push(...accepted);
      }
      return stored;
    },
  };
}

function* batchesOf(letters: readonly DeadLetter[]): Generator<DeadLetter[]> {
  for (const own of Map.groupBy(letters, ({ id }) => decodeId(id)!.node).values()) {
    for (let from = 0; from < own.length; from += BATCH_ROWS) yield own.slice(from, from + BATCH_ROWS);
  }
}

function toMessageBatch(letters: readonly DeadLetter[]): MessageBatch {
  const bytes = letters.reduce((sum, { message }) => sum + Buffer.byteLength(JSON.stringify(message)), 0);
  const batch = new MessageBatch(letters.length, bytes);
  batch.node = decodeId(letters[0]!.id)!.node;
  for (const { id, message } of letters) addMessage(batch, fromJson(message), decodeId(id)!.sequence);
  return batch;
}
