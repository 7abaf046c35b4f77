import type { Pipeline } from '../pipeline/index.ts';

/** The namespace of the state in which stages of the pipeline remember, by node, what they knew at *safe*. */
export const PIPELINE_STATE = 'pipeline';

/** Bytes of a batch's arena that are left to a pipeline: several times what the others hold of texts. */
export function arenaReserveFor({ rewrites }: Pipeline): number {
  return rewrites ? 5 << 19 : 0;
}
