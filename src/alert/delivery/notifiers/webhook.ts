import { createHmac } from 'node:crypto';
import { SECOND } from '../../../base/units.ts';
import type { Notice } from '../../notices/notice.ts';
import { type Footer, textBody } from '../../wording/body.ts';
import type { Wording } from '../../wording/words.ts';
import { wordingOf } from '../../wording/wording.ts';
import type { Notifier } from '../notifier.ts';
import { Refusal, written } from '../refusal.ts';
import type { WebhookSettings } from '../settings.ts';

const PATIENCE_MS = 10 * SECOND;

export type WebhookOptions = {
  readonly settings: WebhookSettings;
  /** The key that signs the body, if one is configured. */
  readonly secret?: string;
  readonly server: string;
  readonly version: string;
  /** The address of the web page, for links. */
  readonly page?: string | undefined;
};

/**
 * Sends notices as JSON by POST; `X-Cordwood-Signature` is `sha256=` and the hex HMAC of the body.
 * A notice has the same `id` at every attempt, so that the receiver can recognise repeats.
 */
export function openWebhook({ settings, secret, server, version, page }: WebhookOptions): Notifier {
  return {
    name: settings.name,
    async send(notice) {
      const body = written(() => JSON.stringify(payloadOf(wordingOf(notice, page), notice, { server, version })));
      const signature = secret === undefined ? undefined : createHmac('sha256', secret).update(body).digest('hex');
      const response = await fetch(settings.url, {
        method: 'POST',
        redirect: 'error',
        headers: {
          'content-type': 'application/json',
          'user-agent': `cordwood/${version}`,
          ...(signature !== undefined && { 'x-cordwood-signature': `sha256=${signature}` }),
        },
        body,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      await response.body?.cancel();
      if (!response.ok) throw failureOf(response);
    },
    async [Symbol.asyncDispose]() {
      return undefined;
    },
  };
}

/** Statuses that reject the content (RFC 9110 §15.5): sending it again cannot succeed. */
const UNACCEPTABLE = [400, 413, 415, 422];

function failureOf({ status, statusText }: Response): Error {
  const reason = `it answered ${status} ${statusText}`.trim();
  return UNACCEPTABLE.includes(status) ? new Refusal(reason, true) : new Error(reason);
}

function payloadOf(wording: Wording, notice: Notice, footer: Footer): object {
  const { links = [] } = wording;
  const { id, kind, rule, severity, incident, at, window, condition, query, samples, late, summary, digest } = notice;
  return {
    id,
    kind,
    rule,
    severity,
    condition,
    query,
    late,
    samples,
    incident: incident.id,
    count: incident.total,
    keys: incident.keys.map(([key, count]) => ({ values: JSON.parse(key), count })),
    at: new Date(at).toISOString(),
    window: { from: new Date(window.from).toISOString(), to: new Date(window.to).toISOString() },
    ...(summary && { summary }),
    ...(digest && { digest }),
    subject: wording.subject,
    text: textBody(notice, wording, footer),
    server: footer.server,
    ...(links[0] && { link: links[0].address }),
  };
}
