import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { createSecureContext } from 'node:tls';
import { CordwoodError, reasonOf, systemCode } from '../base/errors.ts';
import type { TlsSettings } from './settings.ts';

/** Before a certificate expires, this long is time to make another, ms. */
export const EXPIRES_SOON = 30 * 86_400_000;

/** What a listener shows and asks for, read from its files and checked. */
export type Credentials = {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  /** The certificate, of server or CA, that expires first, or is not valid yet: its file and times, ms. */
  readonly weakest: { readonly file: string; readonly begins: number; readonly expires: number };
};

/**
 * Reads the files of `tls:`. How long they last is for the caller to judge (`lasting`): everything else that would make
 * each handshake fail is an error here. @throws CordwoodError ERR_CONFIG that names the file and the remedy
 */
export function readCredentials({ cert, key, ca }: TlsSettings): Credentials {
  const certText = read(cert, 'certificate');
  const chain = certificatesOf(cert, 'certificate', certText);
  const keyText = read(key, 'key');
  if (!chain[0]!.checkPrivateKey(keyOf(key, keyText)))
    throw unusable('key', key, `it does not belong to the certificate ${cert}; name the key that was made with it`);
  const caText = ca === undefined ? undefined : read(ca, 'CA');
  const cas = caText === undefined ? [] : certificatesOf(ca!, 'CA', caText);
  if (caText !== undefined && !cas.some((one) => one.ca))
    throw unusable(
      'CA',
      ca!,
      'it is a certificate, but not that of a CA; name the one that signed those of the clients',
    );
  const texts = { cert: certText, key: keyText, ...(caText !== undefined && { ca: caText }) };
  try {
    createSecureContext({ ...texts, minVersion: 'TLSv1.2' });
  } catch (error) {
    throw unusable('certificate', cert, reasonOf(error), error);
  }
  return { ...texts, weakest: weakestOf([...chain.map(timesIn(cert)), ...cas.map(timesIn(ca ?? ''))]) };
}

type Times = Credentials['weakest'];

function timesIn(file: string): (certificate: X509Certificate) => Times {
  return (one) => ({ file, begins: one.validFromDate.getTime(), expires: one.validToDate.getTime() });
}

function weakestOf(all: readonly Times[]): Times {
  const now = Date.now();
  return all.find(({ begins }) => begins > now) ?? all.reduce((one, next) => (next.expires < one.expires ? next : one));
}

/** What is to be said of how long the credentials last; undefined while there is nothing to do. */
export function lasting(
  { weakest }: Credentials,
  now: number,
): { readonly over: boolean; readonly text: string } | undefined {
  const { file, begins, expires } = weakest;
  if (begins > now)
    return { over: true, text: `the certificate ${file} is not valid before ${day(begins)}; is this clock right?` };
  if (expires - now > EXPIRES_SOON) return undefined;
  const remedy = 'put a new one in its place: it is noticed without a restart';
  if (expires <= now) return { over: true, text: `the certificate ${file} expired on ${day(expires)}; ${remedy}` };
  const days = Math.floor((expires - now) / 86_400_000);
  return { over: false, text: `the certificate ${file} expires on ${day(expires)}, in ${days} days; ${remedy}` };
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function certificatesOf(file: string, what: string, text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END [^-]*-----/g);
  if (!blocks) throw unusable(what, file, whatElse(text));
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw unusable(what, file, `certificate ${index + 1} in it is damaged (${reasonOf(error)})`, error);
    }
  });
}

function whatElse(text: string): string {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return 'it holds a private key; are cert and key exchanged?';
  if (/-----BEGIN CERTIFICATE REQUEST-----/.test(text)) return 'it is a request; name what the CA made of it';
  if (text.startsWith('0\u0082') || text.startsWith('0\ufffd'))
    return 'it is not PEM but DER; convert it: openssl x509 -inform der -in FILE -out NEW';
  return text.trim() === '' ? 'it is empty' : 'it holds no PEM certificate (-----BEGIN CERTIFICATE-----)';
}

function keyOf(file: string, text: string): KeyObject {
  if (/-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text))
    throw unusable('key', file, 'it is encrypted; store it without a passphrase: openssl pkey -in FILE -out NEW');
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    const certificate = text.includes('-----BEGIN CERTIFICATE-----');
    const reason = certificate ? 'it holds a certificate; are cert and key exchanged?' : 'it holds no PEM private key';
    throw unusable('key', file, reason);
  }
  try {
    return createPrivateKey(text);
  } catch (error) {
    throw unusable('key', file, `it is damaged (${reasonOf(error)})`, error);
  }
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CordwoodError('ERR_CONFIG', `cannot read the ${what} ${file}: ${why(error)}`, { cause: error });
  }
}

function why(error: unknown): string {
  const code = systemCode(error);
  if (code === 'ENOENT') return 'there is no such file; `cordwood tls init` makes one';
  if (code === 'EACCES') return `permission denied; let the user ${userInfo().username} or its group read it`;
  return code === 'EISDIR' ? 'it is a folder; name the file in it' : reasonOf(error);
}

function unusable(what: string, file: string, reason: string, cause?: unknown): CordwoodError {
  return new CordwoodError('ERR_CONFIG', `cannot use the ${what} ${file}: ${reason}`, { cause });
}
