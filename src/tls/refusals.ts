import { systemCode } from '../base/errors.ts';

/** Why a peer was refused: each reason is a counter of its own, `connections.refused.<reason>`. */
type RefusalReason = 'tls_handshake' | 'tls_timeout' | 'tls_certificate' | 'tls_name' | 'gone';

export type Refusal = {
  readonly reason: RefusalReason;
  /** For the log; "it" is the peer. One of few texts, so that it can be throttled. */
  readonly text: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** Not worth an operator's time. */
  readonly quiet?: true;
};

const BY_CHAIN_CODE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; check its clock and the clock of this machine',
  INVALID_PURPOSE: 'its certificate is not for clients (extended key usage)',
  CERT_REVOKED: 'its certificate is revoked',
  UNABLE_TO_GET_ISSUER_CERT:
    'the CA above its own is missing in tls.ca; append the certificate of the root to that file',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate is not from a CA of tls.ca; if an intermediate CA signed it, let the client send that one, too, or append it to tls.ca',
  CERT_SIGNATURE_FAILURE: 'its certificate is not signed by the CA it names',
};
/** For any other code: no CA of `tls.ca` is at the top of the chain. */
const UNKNOWN_CA = 'its certificate is not from a CA of tls.ca';

/** The refusal for a code of OpenSSL's chain verification. */
export function refusedByChain(code: unknown): Refusal {
  const text = BY_CHAIN_CODE[String(code)] ?? UNKNOWN_CA;
  return { reason: 'tls_certificate', text, detail: { code: String(code) } };
}

const BY_HANDSHAKE_CODE: readonly (readonly [RegExp, string])[] = [
  [/HTTP_REQUEST/, 'it speaks HTTP'],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|RECORD_TOO_SMALL|BAD_RECORD_TYPE|RECORD_LAYER_FAILURE/,
    'it does not speak TLS; enable TLS at the agent (rsyslog: StreamDriverMode="1")',
  ],
  [
    /UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|INAPPROPRIATE_FALLBACK/,
    'it offers TLS 1.1 or older; the oldest accepted version is 1.2',
  ],
  [/NO_SHARED_CIPHER|NO_SHARED_SIGNATURE|NO_SUITABLE|NO_SHARED_GROUP/, 'it shares no cipher with this server'],
  [/ALERT_UNKNOWN_CA/, "it does not trust this server's certificate; give the agent the CA that signed it"],
  [
    /ALERT_(BAD_CERTIFICATE|CERTIFICATE)/,
    "it refuses this server's certificate; check that it contains the name the agent expects and has not expired",
  ],
  [/ALERT/, 'it broke off the handshake'],
];

/** The refusal for the error of a failed handshake. */
export function refusedHandshake(error: Error): Refusal {
  const code = systemCode(error) ?? '';
  if (/^(ECONNRESET|EPIPE|ETIMEDOUT|ENOTCONN)$/.test(code))
    return { reason: 'gone', text: 'it closed the connection', quiet: true };
  const text = BY_HANDSHAKE_CODE.find(([pattern]) => pattern.test(code))?.[1] ?? 'the handshake failed';
  return { reason: 'tls_handshake', text, detail: { code: code || error.message } };
}
