import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { createSecureContext } from 'node:tls';
import { CordwoodError, reasonOf, systemCode } from '../base/errors.ts';
import { countOf } from '../base/text.ts';
import { DAY } from '../base/units.ts';
import { missingRoot } from './missing-root.ts';
import type { ClientTlsSettings, TlsSettings } from './settings.ts';

/** A certificate that expires within this time is reported, ms. */
const EXPIRES_SOON_MS = 30 * DAY;

/** The certificates and key of a listener, read from its files and checked. */
export type Credentials = {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  /** The certificate of the server itself. */
  readonly own: X509Certificate;
  /** The certificate (the server's own or a CA) that is not valid yet, else the one that expires first: file and times, ms. */
  readonly weakest: { readonly file: string; readonly begins: number; readonly expires: number };
};

/**
 * Reads the files of `tls:` and checks everything that would make each handshake fail, except validity times: see
 * `expiryWarning`. @throws CordwoodError ERR_CONFIG that names the file and the remedy
 */
export function readCredentials({ cert, key, ca }: TlsSettings): Credentials {
  const certText = read(cert, 'certificate');
  const chain = certificatesOf(cert, 'certificate', certText);
  const keyText = read(key, 'key');
  if (!chain[0]!.checkPrivateKey(keyOf(key, keyText)))
    throw unusable(
      'key',
      key,
      `it does not belong to the certificate ${cert}; name the key that was generated with it`,
    );
  const caText = ca === undefined ? undefined : read(ca, 'CA');
  const cas = caText === undefined ? [] : certificatesOf(ca!, 'CA', caText);
  if (caText !== undefined && !cas.some((one) => one.ca))
    throw unusable('CA', ca!, 'it is not a CA certificate; name the CA that signed the certificates of the clients');
  const missing = missingRoot(cas);
  if (missing !== undefined) throw unusable('CA', ca!, missing);
  const texts = { cert: certText, key: keyText, ...(caText !== undefined && { ca: caText }) };
  try {
    createSecureContext({ ...texts, minVersion: 'TLSv1.2' });
  } catch (error) {
    throw unusable('certificate', cert, reasonOf(error), error);
  }
  return { ...texts, own: chain[0]!, weakest: weakestOf([...chain.map(timesIn(cert)), ...cas.map(timesIn(ca ?? ''))]) };
}

/**
 * Reads the files of a client's `tls:`. @throws CordwoodError ERR_CONFIG that names the file and the
 * remedy
 */
export function readClientFiles({ ca, cert, key }: ClientTlsSettings): { ca?: string; cert?: string; key?: string } {
  const caText = ca === undefined ? undefined : read(ca, 'CA');
  if (caText !== undefined) certificatesOf(ca!, 'CA', caText);
  if (cert === undefined || key === undefined) return { ...(caText !== undefined && { ca: caText }) };
  const certText = read(cert, 'certificate');
  const keyText = read(key, 'key');
  if (!certificatesOf(cert, 'certificate', certText)[0]!.checkPrivateKey(keyOf(key, keyText)))
    throw unusable('key', key, `it does not belong to the certificate ${cert}`);
  return { cert: certText, key: keyText, ...(caText !== undefined && { ca: caText }) };
}

type Times = Credentials['weakest'];

function timesIn(file: string): (certificate: X509Certificate) => Times {
  return (one) => ({ file, begins: one.validFromDate.getTime(), expires: one.validToDate.getTime() });
}

function weakestOf(all: readonly Times[]): Times {
  const now = Date.now();
  return all.find(({ begins }) => begins > now) ?? all.reduce((one, next) => (next.expires < one.expires ? next : one));
}

/** A problem with the validity time of the credentials; `unusable` if every handshake fails now. */
type ExpiryWarning = { readonly unusable: boolean; readonly text: string };

/** The warning to log about the validity time of the credentials; undefined if they stay valid for long enough. */
export function expiryWarning({ weakest }: Credentials, now: number): ExpiryWarning | undefined {
  const { file, begins, expires } = weakest;
  if (begins > now) {
    const text = `the certificate ${file} is not valid before ${day(begins)}; check the clock of this machine`;
    return { unusable: true, text };
  }
  if (expires - now > EXPIRES_SOON_MS) return undefined;
  const remedy = 'replace the file; no restart is needed';
  if (expires <= now) return { unusable: true, text: `the certificate ${file} expired on ${day(expires)}; ${remedy}` };
  const left = countOf(Math.floor((expires - now) / DAY), 'day');
  return { unusable: false, text: `the certificate ${file} expires on ${day(expires)}, in ${left}; ${remedy}` };
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function certificatesOf(file: string, what: string, text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END [^-]*-----/g);
  if (!blocks) throw unusable(what, file, whyNotACertificate(text));
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw unusable(what, file, `certificate ${index + 1} in it is damaged (${reasonOf(error)})`, error);
    }
  });
}

function whyNotACertificate(text: string): string {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return 'it contains a private key; are cert and key swapped?';
  if (/-----BEGIN CERTIFICATE REQUEST-----/.test(text))
    return 'it is a certificate request; name the certificate that the CA issued for it';
  if (text.startsWith('0\u0082') || text.startsWith('0\ufffd'))
    return 'it is not PEM but DER; convert it: openssl x509 -inform der -in FILE -out NEW';
  return text.trim() === '' ? 'it is empty' : 'it contains no PEM certificate (-----BEGIN CERTIFICATE-----)';
}

function keyOf(file: string, text: string): KeyObject {
  if (/-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text))
    throw unusable('key', file, 'it is encrypted; store it without a passphrase: openssl pkey -in FILE -out NEW');
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    const certificate = text.includes('-----BEGIN CERTIFICATE-----');
    const reason = certificate
      ? 'it contains a certificate; are cert and key swapped?'
      : 'it contains no PEM private key';
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
  if (code === 'ENOENT') return 'the file does not exist; `cordwood tls init` creates one';
  if (code === 'EACCES') return `permission denied; let the user ${userInfo().username} or its group read it`;
  return code === 'EISDIR' ? 'it is a folder; name a file' : reasonOf(error);
}

function unusable(what: string, file: string, reason: string, cause?: unknown): CordwoodError {
  return new CordwoodError('ERR_CONFIG', `cannot use the ${what} ${file}: ${reason}`, { cause });
}
