import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { matchFingerprint, matchName, nameOf, namesOf, type PeerNames } from './peer-names.ts';
import { type Refusal, refusedByChain } from './refusals.ts';
import type { TlsSettings } from './settings.ts';

/** Who an admitted peer is. */
export type Admitted = {
  /** The name in its certificate, if it has one. */
  readonly name?: string | undefined;
  /** The name under which it is a relay, if the list of relays has its certificate. */
  readonly relay?: string | undefined;
};
type Verdict = { readonly refusal: Refusal } | ({ readonly refusal?: undefined } & Admitted);
/** `relays` are peers as in `allow`. */
type Lists = Pick<TlsSettings, 'ca' | 'allow'> & { readonly relays?: readonly string[] | undefined };

/** Decides by its certificate whether a peer may connect, and under which name it is known. */
export function authorize(socket: TLSSocket, { ca, allow, relays = [] }: Lists): Verdict {
  if (ca === undefined && allow === undefined && relays.length === 0) return {};
  const certificate = socket.getPeerX509Certificate();
  if (!certificate && ca === undefined && allow === undefined) return {};
  if (!certificate) return { refusal: { reason: 'tls_certificate', text: 'it sent no certificate' } };
  if (ca !== undefined && !socket.authorized) return { refusal: refusedByChain(socket.authorizationError) };
  // Without `ca` and `allow`, only a relay needs its certificate, and only its fingerprint proves it.
  if (ca === undefined && allow === undefined && !matchFingerprint(relays, certificate)) return {};
  const now = Date.now();
  if (certificate.validToDate.getTime() < now) return { refusal: refusedByChain('CERT_HAS_EXPIRED') };
  if (certificate.validFromDate.getTime() > now) return { refusal: refusedByChain('CERT_NOT_YET_VALID') };
  const names = namesOf(certificate);
  const relay =
    matchName(relays, names) ?? (matchFingerprint(relays, certificate) ? knownAs(names, certificate) : undefined);
  if (allow === undefined || matchFingerprint(allow, certificate)) return { name: nameOf(names), relay };
  const name = matchName(allow, names);
  if (name !== undefined) return { name, relay };
  const shown = [names.cn, ...names.dns, ...names.ips].slice(0, 5).join(', ').slice(0, 200);
  const text = names.forged
    ? 'a name in its certificate contains a control character'
    : 'tls.allow does not list its certificate';
  const detail = { names: shown, fingerprint: `SHA256:${certificate.fingerprint256}` };
  return { refusal: { reason: 'tls_name', text, detail } };
}

/** A relay that is listed by its fingerprint: the name in its certificate, or the fingerprint if it has none. */
function knownAs(names: PeerNames, { fingerprint256 }: X509Certificate): string {
  return nameOf(names) ?? `SHA256:${fingerprint256}`;
}
