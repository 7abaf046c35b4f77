import type { AnswerContext } from '../context.ts';
import type { Answer, ClocksParams } from '../contract.ts';

/** What the stamps of hosts say of their clocks, and the zones they are read in. */
export async function* clocks(params: ClocksParams, { alerts: desk }: AnswerContext): Answer<'clocks'> {
  switch (params.action) {
    case 'list':
      yield* await desk.clocks(params.hosts);
      break;
    case 'set':
      yield* await desk.setZones(params.hosts, params.zone);
      break;
    case 'unset':
      yield* await desk.unsetZones(params.hosts);
  }
  return {};
}
