import { plain } from '../../wording/plain.ts';
import { Refusal } from '../refusal.ts';

/** What nodemailer's errors carry. */
type SmtpError = Error & {
  readonly code?: string;
  /** The system's own code, where there is one. */
  readonly originalCode?: string;
  /** The command that was answered. */
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
};

/** Characters of an answer that are shown: it is text from elsewhere. */
const MAX_ANSWER = 200;

/** Why a mail was not taken, in words; a `Refusal` where the server judged the mail and not the connection (RFC 5321 §4.2.1). */
export function smtpFailure(given: unknown, server: string): Error {
  const error = (given instanceof Error ? given : new Error(String(given))) as SmtpError;
  const answer = error.response === undefined ? '' : `: ${cut(error.response)}`;
  const about = aboutMail(error);
  if (about !== undefined)
    return new Refusal(`${server} refuses ${about}${answer || `: ${cut(error.message)}`}`, isFinal(error));
  return new Error(`${server} ${trouble(error, answer)}`, { cause: given });
}

/** What of the mail was judged; undefined where it was not about the mail. */
function aboutMail({ code, command }: SmtpError): string | undefined {
  if (code === 'EENVELOPE')
    return command === 'MAIL FROM' ? undefined : command === 'DATA' ? 'the mail' : 'the address';
  return code === 'EMESSAGE' ? 'the mail' : undefined;
}

/** Answers of 500 and more are final, but for 503, which is about the order of commands; without an answer it is our own judgement. */
function isFinal({ responseCode }: SmtpError): boolean {
  return responseCode === undefined || (responseCode >= 500 && responseCode !== 503);
}

function trouble({ code, originalCode, command, message }: SmtpError, answer: string): string {
  if (originalCode === 'ECONNREFUSED') return 'refuses connections: no mail server listens there';
  switch (code) {
    case 'EDNS':
      return `is not found: ${cut(message)}`;
    case 'ETIMEDOUT':
      return `does not answer: ${cut(message)}`;
    case 'ECONNECTION':
      return `closes the connection${answer}`;
    case 'EABORT':
      return 'does not come to an end with the mail';
    case 'EAUTH':
    case 'ENOAUTH':
      return `does not take user and password${answer}`;
    case 'ETLS':
    case 'EREQUIRETLS':
      return `offers no TLS that can be used: ${cut(message)}`;
    case 'EENVELOPE':
      return `refuses the sender (mail.from)${answer}`;
    default:
      return `broke off${command === 'CONN' ? '' : ` at ${command ?? 'the connection'}`}: ${cut(message)}`;
  }
}

function cut(text: string): string {
  const line = plain(text.replace(/\s+/g, ' ').trim());
  return line.length > MAX_ANSWER ? `${line.slice(0, MAX_ANSWER)}…` : line;
}
