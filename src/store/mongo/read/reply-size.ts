import { type LogMessage, textSize } from '../../../model/message.ts';

/** Bytes of text that one reply of the server should have; the server itself cuts it at 16 MiB. */
const WANTED_BYTES = 1 << 20;
/** The fewest and the most documents of a reply. */
const FEWEST = 4;
const MOST = 1000;
/** Documents of the first reply: if they are large, some megabytes. */
const FIRST = 20;
/** Messages of a reply that are measured. */
const MEASURED = 20;

/**
 * How many documents a reply of the server may have, from the size of those before: common messages
 * come by the thousand, and large ones do not fill the memory. One for all searches of a reader,
 * since large messages tend to come together.
 */
export class ReplySize {
  documents = FIRST;

  /** Learns from a reply. @returns whether the next one should have far more or fewer documents */
  learn(messages: readonly LogMessage[]): boolean {
    const wanted = Math.min(MOST, Math.max(FEWEST, Math.floor(WANTED_BYTES / meanSize(messages))));
    const isFar = wanted * 2 <= this.documents || (wanted >= this.documents * 2 && messages.length >= this.documents);
    if (isFar) this.documents = wanted;
    return isFar;
  }
}

function meanSize(messages: readonly LogMessage[]): number {
  const step = Math.ceil(messages.length / MEASURED);
  let sum = 0;
  let count = 0;
  for (let index = 0; index < messages.length; index += step, count++) sum += textSize(messages[index]!);
  return sum / count + 1;
}
