import { escapeRegex } from '../../../base/text/escape-regex.ts';
import { plain } from '../../wording/plain.ts';
import { Refusal } from '../refusal.ts';

/** What nodemailer's errors carry. */
type SmtpError = Error & {
  readonly code?: string;
  /** The code of the system error, if any. */
  readonly originalCode?: string;
  /** The SMTP command that was answered. */
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
};

/** Characters of an answer that are shown. */
const MAX_ANSWER = 200;

/**
 * Why a mail was not accepted; a `Refusal` if the server rejected the mail, not the connection (RFC
 * 5321 §4.2.1).
 * @param secrets what was sent and must not be shown, even if the server repeats it
 */
export function smtpFailure(given: unknown, server: string, secrets: readonly string[] = []): Error {
  const error = withoutSecrets(given instanceof Error ? given : new Error(String(given)), secrets);
  const answer = error.response === undefined ? '' : `: ${cut(error.response)}`;
  const about = aboutMail(error);
  if (about !== undefined)
    return new Refusal(`${server} rejected ${about}${answer || `: ${cut(error.message)}`}`, isFinal(error));
  return new Error(`${server} ${trouble(error, answer)}`);
}

/** A part of a secret that is at least this long, or what may be a response to a challenge, is hidden. */
const PART = 4;
const HIDDEN = '[hidden]';

/** An error whose texts hide secrets, also parts of them, whatever case the server wrote them in. */
function withoutSecrets(error: SmtpError, secrets: readonly string[]): SmtpError {
  const isAboutLogin = ['EAUTH', 'ENOAUTH'].includes(error.code ?? '') || /^AUTH/i.test(error.command ?? '');
  const hide = (text: string): string => hidden(text, secrets, isAboutLogin && secrets.length > 0);
  const { code, originalCode, command, response, responseCode } = error;
  return {
    name: error.name,
    message: hide(error.message),
    ...(code !== undefined && { code }),
    ...(originalCode !== undefined && { originalCode }),
    ...(command !== undefined && { command: command.split(' ', 1)[0] === 'AUTH' ? 'AUTH' : hide(command) }),
    ...(response !== undefined && { response: hide(response) }),
    ...(responseCode !== undefined && { responseCode }),
  };
}

function hidden(text: string, secrets: readonly string[], isAboutLogin: boolean): string {
  const folded = secrets.map((secret) => secret.toLowerCase());
  const whole = new RegExp(
    secrets
      .filter(({ length }) => length >= PART)
      .map(escapeRegex)
      .join('|') || '(?!)',
    'giu',
  );
  const without = text.replace(whole, HIDDEN);
  return without.replace(/[\w+/=-]+/g, (run) => {
    if (run.length < PART) return run;
    const isPart = folded.slice(1).some((secret) => secret.includes(run.toLowerCase()));
    return isPart || (isAboutLogin && looksEncoded(run)) ? HIDDEN : run;
  });
}

/** Whether a word may be base64: long, and with a character of it that words do not have. */
function looksEncoded(run: string): boolean {
  return run.length >= 12 && /[\d=+/]|[a-z][A-Z]/.test(run);
}

/** The part of the mail that was rejected; undefined if it was not about the mail. */
function aboutMail({ code, command }: SmtpError): string | undefined {
  if (code === 'EENVELOPE')
    return command === 'MAIL FROM' ? undefined : command === 'DATA' ? 'the mail' : 'the address';
  return code === 'EMESSAGE' ? 'the mail' : undefined;
}

/**
 * Answers of 500 and more are final, except 503, which is about the order of commands; without an
 * answer, the mail itself is invalid.
 */
function isFinal({ responseCode }: SmtpError): boolean {
  return responseCode === undefined || (responseCode >= 500 && responseCode !== 503);
}

function trouble({ code, originalCode, command, message }: SmtpError, answer: string): string {
  if (originalCode === 'ECONNREFUSED') return 'refused the connection: no mail server is listening there';
  switch (code) {
    case 'EDNS':
      return `was not found: ${cut(message)}`;
    case 'ETIMEDOUT':
      return `did not answer: ${cut(message)}`;
    case 'ECONNECTION':
      return `closed the connection${answer}`;
    case 'EABORT':
      return 'took too long to accept the mail';
    case 'EAUTH':
    case 'ENOAUTH':
      return `rejected user and password${answer}`;
    case 'ETLS':
    case 'EREQUIRETLS':
      return `offers no usable TLS: ${cut(message)}; to send without it, set tls: off under mail:`;
    case 'EENVELOPE':
      return `rejected the sender (mail.from)${answer}`;
    default:
      return `broke off${command === 'CONN' ? '' : ` at ${command ?? 'the connection'}`}: ${cut(message)}`;
  }
}

function cut(text: string): string {
  const line = plain(text.replace(/\s+/g, ' ').trim());
  return line.length > MAX_ANSWER ? `${line.slice(0, MAX_ANSWER)}…` : line;
}
