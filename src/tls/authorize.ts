import type { TLSSocket } from 'node:tls';
import { matchFingerprint, matchName, nameOf, namesOf } from './peer-names.ts';
import { type Refusal, refusedByChain } from './refusals.ts';
import type { TlsSettings } from './settings.ts';

type Verdict = { readonly refusal: Refusal } | { readonly refusal?: undefined; readonly name: string | undefined };

/** Decides by its certificate whether a peer may connect, and under which name it is known. */
export function authorize(socket: TLSSocket, { ca, allow }: Pick<TlsSettings, 'ca' | 'allow'>): Verdict {
  if (ca === undefined && allow === undefined) return { name: undefined };
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return { refusal: { reason: 'tls_certificate', text: 'it sent no certificate' } };
  if (ca !== undefined && !socket.authorized) return { refusal: refusedByChain(socket.authorizationError) };
  const now = Date.now();
  if (certificate.validToDate.getTime() < now) return { refusal: refusedByChain('CERT_HAS_EXPIRED') };
  if (certificate.validFromDate.getTime() > now) return { refusal: refusedByChain('CERT_NOT_YET_VALID') };
  const names = namesOf(certificate);
  if (allow === undefined || matchFingerprint(allow, certificate)) return { name: nameOf(names) };
  const name = matchName(allow, names);
  if (name !== undefined) return { name };
  const shown = [names.cn, ...names.dns, ...names.ips].slice(0, 5).join(', ').slice(0, 200);
  const text = names.forged
    ? 'a name in its certificate contains a control character'
    : 'tls.allow does not list its certificate';
  const detail = { names: shown, fingerprint: `SHA256:${certificate.fingerprint256}` };
  return { refusal: { reason: 'tls_name', text, detail } };
}
