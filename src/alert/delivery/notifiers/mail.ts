import { hostname } from 'node:os';
import nodemailer, { type SendMailOptions, type Transporter } from 'nodemailer';
import { MINUTE, SECOND } from '../../../base/units.ts';
import { SEVERITIES } from '../../../model/priority.ts';
import type { Notice } from '../../notices/notice.ts';
import { type Footer, textBody } from '../../wording/body.ts';
import { htmlBody } from '../../wording/html.ts';
import { plain } from '../../wording/plain.ts';
import type { Wording } from '../../wording/words.ts';
import { wordingOf } from '../../wording/wording.ts';
import type { Notifier } from '../notifier.ts';
import { written } from '../refusal.ts';
import type { MailSettings } from '../settings.ts';
import { smtpFailure } from './smtp-failure.ts';

/**
 * How long a server may take, ms: to accept a connection, between two answers, and for a whole
 * mail. The last is needed because a server that sends one byte at a time is never silent.
 */
const PATIENCE = { connect: 10 * SECOND, silence: 30 * SECOND, whole: MINUTE } as const;
const CONNECTIONS = 2;
/** Characters of a header value that comes from a log. */
const MAX_VALUE = 200;

export type MailOptions = {
  readonly settings: MailSettings;
  readonly password?: string;
  readonly version: string;
  /** The address of the web page, for links. */
  readonly page?: string | undefined;
  readonly patience?: Readonly<Record<keyof typeof PATIENCE, number>>;
};

/** Sends mail by SMTP (RFC 5321). Text from a log never becomes a header of its own. */
export function openMail(options: MailOptions): Notifier {
  const { settings, version, page, patience = PATIENCE } = options;
  const transport = transportOf(options);
  const server = hostname();
  const secrets = secretsOf(options);
  return {
    name: 'mail',
    async send(notice, recipient) {
      const mail = written(() => mailOf(wordingOf(notice, page), notice, settings, { server, version }));
      const signal = AbortSignal.timeout(patience.whole);
      const to = { name: '', address: recipient };
      await transport.sendMail({ ...mail, to, signal }).catch((error: unknown) => {
        throw smtpFailure(error, new URL(settings.smtp).host, secrets);
      });
    },
    async [Symbol.asyncDispose]() {
      transport.close();
    },
  };
}

function mailOf(wording: Wording, notice: Notice, settings: MailSettings, footer: Footer): SendMailOptions {
  const html = htmlBody(notice, wording, footer);
  // From the settings, not this machine: the Message-ID is the same whichever node sends the mail,
  // or sends it again.
  const domain = settings.from.replace(/^.*@|>$/g, '').toLowerCase();
  return {
    from: settings.from,
    // A mail program would decode what looks like an encoded word (RFC 2047 §2).
    subject: wording.subject.replaceAll('=?', '= ?'),
    text: textBody(notice, wording, footer),
    ...(html !== '' && { html }),
    messageId: `<${notice.id}@${domain}>`,
    date: new Date(notice.at),
    ...threadOf(notice, domain),
    headers: headersOf(notice, settings, domain),
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function transportOf({ settings: { smtp, tls }, password, patience = PATIENCE }: MailOptions): Transporter {
  const url = new URL(smtp);
  const secure = url.protocol === 'smtps:';
  const hasUser = url.username !== '';
  // Without TLS, an attacker on the network could read the password by hiding STARTTLS.
  const starttls = tls ?? (hasUser ? 'required' : 'offered');
  return nodemailer.createTransport({
    pool: true,
    maxConnections: CONNECTIONS,
    // The outbox decides when to try again.
    maxRequeues: 0,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 465 : 25) : Number(url.port),
    secure,
    requireTLS: starttls === 'required',
    ignoreTLS: starttls === 'off',
    ...(hasUser && { auth: { user: decodeURIComponent(url.username), pass: password ?? '' } }),
    connectionTimeout: patience.connect,
    greetingTimeout: patience.connect,
    socketTimeout: patience.silence,
  });
}

/** The password in every form in which it is sent, since a server may repeat it in an answer. */
function secretsOf({ settings: { smtp }, password = '' }: MailOptions): string[] {
  if (password === '') return [];
  const user = decodeURIComponent(new URL(smtp).username);
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return [password, base64(password), base64(`\0${user}\0${password}`), base64(`${user}\0${user}\0${password}`)];
}

/** One thread for each incident: all its mails reply to a root message that is never sent. */
function threadOf({ kind, incident }: Notice, domain: string): { references?: string; inReplyTo?: string } {
  if (kind === 'summary' || kind === 'digest') return {};
  const root = `<incident-${incident.id}-${incident.openedAt}@${domain}>`;
  return { references: root, inReplyTo: root };
}

type Header = string | { readonly prepared: true; readonly value: string };

/** The host that a mail is about; for a rule about absence, a host that is absent. */
function hostOf({ silent, samples, by, incident }: Notice): string | undefined {
  if (silent) return silent.map((one) => one.host).join(',');
  const [key] = incident.keys[0] ?? [];
  const place = by.indexOf('hostname');
  const named = key !== undefined && place >= 0 ? (JSON.parse(key) as (string | null)[])[place] : undefined;
  return named ?? samples[0]?.hostname;
}

function headersOf(notice: Notice, { auto_submitted: auto }: MailSettings, domain: string): Record<string, Header> {
  const { rule, kind, severity, incident } = notice;
  const host = hostOf(notice);
  return {
    // RFC 2919 §2 forbids encoding it; nothing in it comes from a log.
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
