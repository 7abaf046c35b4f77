import { reasonOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { releaseMemory } from '../../base/memory.ts';
import type { EncodedBlock } from '../blocks/contract.ts';
import { mergeBlocks } from '../blocks/index.ts';
import { HALF_SIZE, planMerge } from './merge-plan.ts';
import type { Part } from './part.ts';
import { isContentError, storeError } from './sqlite.ts';
import type { Stream } from './stream.ts';

/** Merges the next blocks of a part that are worth it. @throws CordwoodError ERR_STORE */
export function mergePart(stream: Stream, part: Part, log: Logger): void {
  const sizes = part.sizes();
  const merge = planMerge(sizes, !stream.isNewest(part));
  part.mergeable = merge !== undefined;
  if (!merge) return;
  const spans = part.spans.slice(merge.from, merge.to);
  let merged: EncodedBlock;
  try {
    const size = sizes.slice(merge.from, merge.to).reduce((sum, one) => sum + one, 0);
    const blocks = spans.map((span) => part.block(span));
    merged = mergeBlocks(blocks, size > HALF_SIZE);
    blocks.forEach(releaseBlock);
  } catch (error) {
    if (!isContentError(error)) throw storeError(`read ${part.file.path}`, error);
    for (const { id } of spans) part.damaged.add(id);
    log.error({ file: part.file.path }, `cannot merge blocks of ${part.file.path}: ${reasonOf(error)}`);
    return;
  }
  stream.write(part, [merged], spans);
  releaseBlock(merged);
}

/** Gives the memory of a block back that was written. */
export function releaseBlock({ summary, tokens, columns, text }: EncodedBlock): void {
  [summary, tokens, columns, text].forEach(releaseMemory);
}
