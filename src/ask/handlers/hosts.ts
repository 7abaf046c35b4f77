import type { AnswerContext } from '../context.ts';
import type { Answer, HostsParams } from '../contract.ts';

/** The host ledger, and changes to the hosts it expects. */
export async function* hosts(params: HostsParams, { alerts: desk }: AnswerContext): Answer<'hosts'> {
  switch (params.action) {
    case 'list':
      yield* await desk.hosts();
      return {};
    case 'expect':
      await desk.expectHosts(params.hosts);
      break;
    case 'retire':
      await desk.retireHost(params.host);
  }
  yield { done: true };
  return {};
}
