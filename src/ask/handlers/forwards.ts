import type { AnswerContext } from '../context.ts';
import type { Answer, ForwardsParams } from '../contract.ts';

/** The destinations of `forward:` and how far each is, or a request to go on from another place. */
export async function* forwards(params: ForwardsParams, { forwards: service }: AnswerContext): Answer<'forwards'> {
  switch (params.action) {
    case 'list':
      for (const row of await service.list()) yield row;
      break;
    case 'skip':
      await service.skip(params.name, params.to, params.why);
      yield { done: true };
      break;
  }
  return {};
}
