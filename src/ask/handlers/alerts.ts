import type { AnswerContext } from '../context.ts';
import type { AlertParams, Answer } from '../contract.ts';

/** Questions about alerts, and actions on them. */
export async function* alerts(
  params: AlertParams,
  { alerts: service }: AnswerContext,
  signal: AbortSignal,
): Answer<'alerts'> {
  switch (params.action) {
    case 'list': {
      const outbox = await service.outbox();
      if (outbox.waiting > 0 || outbox.refused > 0) yield { outbox };
      yield* await service.list();
      const mutedUntil = await service.muted();
      if (mutedUntil !== undefined) yield { mutedUntil };
      return {};
    }
    case 'letters':
      yield* await service.deliveries(params.name);
      return {};
    case 'test': {
      const { since, until, perWeek } = params;
      yield* service.test(params.rule, { since, until, perWeek, signal });
      return {};
    }
    case 'digest':
      if (params.send) yield { sentTo: await service.sendDigest() };
      else yield { digest: await service.digest() };
      return {};
    case 'retry':
      yield { retried: await service.retry() };
      return {};
    case 'ack':
      await service.acknowledge(params.incident, params.note);
      break;
    case 'resolve':
      await service.resolve(params.incident);
      break;
    case 'silence':
      await service.silence(params.rule, params.ms);
      break;
    case 'mute':
      await service.mute(params.ms);
  }
  yield { done: true };
  return {};
}
