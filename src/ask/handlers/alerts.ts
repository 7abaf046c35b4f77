import type { AnswerContext } from '../context.ts';
import type { AlertParams, Answer } from '../contract.ts';

/** Questions about alerts, and actions on them. */
export async function* alerts(
  params: AlertParams,
  { alerts: desk }: AnswerContext,
  signal: AbortSignal,
): Answer<'alerts'> {
  switch (params.action) {
    case 'list': {
      const outbox = await desk.outbox();
      if (outbox.waiting > 0 || outbox.refused > 0) yield { outbox };
      yield* await desk.list();
      const mutedUntil = await desk.muted();
      if (mutedUntil !== undefined) yield { mutedUntil };
      return {};
    }
    case 'letters':
      yield* await desk.letters(params.name);
      return {};
    case 'test': {
      const { since, until, perWeek } = params;
      yield* desk.test(params.rule, { since, until, perWeek, signal });
      return {};
    }
    case 'digest':
      if (params.send) yield { sentTo: await desk.sendDigest() };
      else yield { digest: await desk.digest() };
      return {};
    case 'retry':
      yield { retried: await desk.retry() };
      return {};
    case 'ack':
      await desk.acknowledge(params.incident, params.note);
      break;
    case 'resolve':
      await desk.resolve(params.incident);
      break;
    case 'silence':
      await desk.silence(params.rule, params.ms);
      break;
    case 'mute':
      await desk.mute(params.ms);
  }
  yield { done: true };
  return {};
}
