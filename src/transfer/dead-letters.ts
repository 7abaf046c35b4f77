import { retentionOf, type Settings } from '../config/index.ts';
import { MessageBatch } from '../model/batch.ts';
import { decodeId } from '../model/id.ts';
import { fromJson } from '../model/json.ts';
import { addMessage } from '../model/add-message.ts';
import { type DeadLetter, DeadLetters, readDeadLetters } from '../store/dead-letters.ts';
import { storeOf } from '../assembly/stores.ts';

/** Letters that are tried with one insert. */
const TOGETHER = 500;

/** The messages of a data folder that its store refuses, for the command line. */
export type DeadLetterDesk = {
  /** In order of arrival. @throws CordwoodError ERR_STORE */
  list(): DeadLetter[];
  /**
   * Stores those of these that the store takes now, under the ids that they have; what follows what arrives does not
   * see them again. @returns the ids of those that are stored @throws CordwoodError where the store cannot be reached
   */
  retry(letters: readonly DeadLetter[]): Promise<string[]>;
};

/** Works beside a running server, too: both only ever add to the file. */
export function deadLetterDesk(settings: Settings): DeadLetterDesk {
  const folder = settings.data;
  return {
    list: () => readDeadLetters(folder),
    retry: async (letters) => {
      const refused = new Set<string>();
      const { openWriter } = await storeOf(settings);
      await using writer = await openWriter({
        ...retentionOf(settings),
        folder,
        now: Date.now,
        onDeadLetter: (batch, row) => refused.add(batch.id(row)),
      });
      const file = new DeadLetters(folder);
      const stored: string[] = [];
      for (const together of byNode(letters)) {
        await writer.insert(batchOf(together));
        const taken = together.map(({ id }) => id).filter((id) => !refused.has(id));
        file.resolve(taken);
        stored.push(...taken);
      }
      return stored;
    },
  };
}

function* byNode(letters: readonly DeadLetter[]): Generator<DeadLetter[]> {
  for (const own of Map.groupBy(letters, ({ id }) => decodeId(id)!.node).values()) {
    for (let from = 0; from < own.length; from += TOGETHER) yield own.slice(from, from + TOGETHER);
  }
}

function batchOf(letters: readonly DeadLetter[]): MessageBatch {
  const bytes = letters.reduce((sum, { message }) => sum + Buffer.byteLength(JSON.stringify(message)), 0);
  const batch = new MessageBatch(letters.length, bytes);
  batch.node = decodeId(letters[0]!.id)!.node;
  for (const { id, message } of letters) addMessage(batch, fromJson(message), decodeId(id)!.sequence);
  return batch;
}
