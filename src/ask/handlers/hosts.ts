import type { AnswerContext } from '../context.ts';
import type { Answer, HostsParams } from '../contract.ts';

/** The host ledger, and changes to the hosts it expects. */
export async function* hosts(params: HostsParams, context: AnswerContext): Answer<'hosts'> {
  const { hosts: service } = context;
  switch (params.action) {
    case 'list':
      yield* await service.list();
      return {};
    case 'expect':
      await service.expect(params.hosts, params.within);
      break;
    case 'retire':
      await service.retire(params.host);
  }
  yield { done: true };
  return {};
}
