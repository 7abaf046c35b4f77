import type { AnswerContext } from '../context.ts';
import type { Answer, ClocksParams } from '../contract.ts';

/** What timestamps show about the clocks of hosts, and the zones in which they are read. */
export async function* clocks(params: ClocksParams, { hosts }: AnswerContext): Answer<'clocks'> {
  switch (params.action) {
    case 'list':
      yield* await hosts.clocks(params.hosts);
      break;
    case 'set':
      yield* await hosts.setZones(params.hosts, params.zone);
      break;
    case 'unset':
      yield* await hosts.unsetZones(params.hosts);
  }
  return {};
}
