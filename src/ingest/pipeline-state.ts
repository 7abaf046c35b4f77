import type { Pipeline } from '../pipeline/index.ts';

/** The namespace of the store's state with what stages knew at *safe*, by node. */
export const PIPELINE_STATE = 'pipeline';

/**
 * Bytes of a batch's arena that stay free for a pipeline that rewrites texts: several times the
 * texts of usual batches.
 */
export function arenaReserveFor({ rewrites }: Pipeline): number {
  return rewrites ? 5 << 19 : 0;
}
