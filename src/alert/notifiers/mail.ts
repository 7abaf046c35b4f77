import { hostname } from 'node:os';
import nodemailer, { type Transporter } from 'nodemailer';
import { SEVERITIES } from '../../model/priority.ts';
import { htmlBody, plain, textBody } from '../body.ts';
import type { Notice, Notifier } from '../contract.ts';
import type { MailSettings } from '../settings.ts';
import { wordingOf } from '../wording.ts';

const CONNECT_MS = 10_000;
const SILENCE_MS = 30_000;
const CONNECTIONS = 2;
/** Characters of a header's value that comes from a log. */
const MAX_VALUE = 200;

export type MailOptions = { readonly settings: MailSettings; readonly password?: string; readonly version: string };

/** Mail by SMTP (RFC 5321); headers are ours, and what a log says is never one by itself. */
export function openMail({ settings, password, version }: MailOptions): Notifier {
  const transport = transportOf(settings, password);
  const server = hostname();
  // Whichever of several nodes sends it, and sends it again: names in it are the same.
  const domain = settings.from.replace(/^.*@|>$/g, '').toLowerCase();
  return {
    name: 'mail',
    async send(notice, recipient) {
      const wording = wordingOf(notice);
      const footer = { server, version };
      const html = htmlBody(notice, wording, footer);
      const { rejected } = await transport.sendMail({
        from: settings.from,
        to: { name: '', address: recipient },
        // What looks encoded (RFC 2047 §2) would be decoded by whoever reads it.
        subject: plain(wording.subject).replaceAll('=?', '= ?'),
        text: textBody(notice, wording, footer),
        ...(html !== '' && { html }),
        messageId: `<${notice.id}@${domain}>`,
        date: new Date(notice.at),
        ...threadOf(notice, domain),
        headers: headersOf(notice, settings, domain),
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      if (rejected !== undefined && rejected.length > 0) throw new Error('the mail server refused the address');
    },
    async [Symbol.asyncDispose]() {
      transport.close();
    },
  };
}

function transportOf({ smtp, tls }: MailSettings, password: string | undefined): Transporter {
  const url = new URL(smtp);
  const secure = url.protocol === 'smtps:';
  return nodemailer.createTransport({
    pool: true,
    maxConnections: CONNECTIONS,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 465 : 25) : Number(url.port),
    secure,
    requireTLS: tls === 'required',
    ignoreTLS: tls === 'off',
    ...(url.username !== '' && { auth: { user: decodeURIComponent(url.username), pass: password ?? '' } }),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
  });
}

/** One thread for each incident: all its mails answer a root that is never sent. */
function threadOf({ kind, incident }: Notice, domain: string): { references?: string; inReplyTo?: string } {
  if (kind === 'summary') return {};
  const root = `<incident-${incident.id}-${incident.openedAt}@${domain}>`;
  return { references: root, inReplyTo: root };
}

type Header = string | { readonly prepared: true; readonly value: string };

function headersOf(notice: Notice, { auto_submitted: auto }: MailSettings, domain: string): Record<string, Header> {
  const { rule, kind, severity, incident, samples } = notice;
  const host = samples[0]?.hostname;
  return {
    // RFC 2919 §2 wants it as it is; nothing in it comes from a log.
    'List-Id': { prepared: true, value: `"log alerts" <${rule}.alerts.${domain}>` },
    ...(auto && { 'Auto-Submitted': 'auto-generated' }),
    'X-Auto-Response-Suppress': 'All',
    'X-Log-Rule': rule,
    'X-Log-State': kind,
    'X-Log-Severity': SEVERITIES[severity]!,
    'X-Log-Incident': incident.id,
    'X-Log-Count': String(incident.total),
    ...(host !== undefined && { 'X-Log-Host': plain(host).replaceAll('=?', '= ?').slice(0, MAX_VALUE) }),
  };
}
