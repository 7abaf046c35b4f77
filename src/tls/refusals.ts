import { systemCode } from '../base/errors.ts';

/** Why a TLS connection failed: each reason is a counter of its own. */
type RefusalReason =
  | 'tls_our_certificate'
  | 'tls_plain'
  | 'tls_version'
  | 'tls_hangup'
  | 'tls_handshake'
  | 'tls_timeout'
  | 'tls_certificate'
  | 'tls_name'
  | 'gone';

export type Refusal<Reason = RefusalReason> = {
  readonly reason: Reason;
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

type Rule = readonly [code: RegExp, reason: RefusalReason, text: string];

const NOT_TLS = 'it does not speak TLS; enable TLS at the agent (rsyslog: StreamDriverMode="1"; RELP: tls="on")';
const BY_HANDSHAKE_CODE: readonly Rule[] = [
  [/HTTP_REQUEST/, 'tls_plain', 'it speaks HTTP'],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|RECORD_TOO_SMALL|BAD_RECORD_TYPE|RECORD_LAYER_FAILURE/,
    'tls_plain',
    NOT_TLS,
  ],
  [
    /UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|INAPPROPRIATE_FALLBACK/,
    'tls_version',
    'it offers TLS 1.1 or older; the oldest accepted version is 1.2: update the agent or its TLS library',
  ],
  [
    /ALERT_PROTOCOL_VERSION/,
    'tls_version',
    'it accepts none of the TLS versions of this server, 1.2 and 1.3: update the agent or its TLS library',
  ],
  [
    /NO_SHARED_CIPHER|NO_SHARED_SIGNATURE|NO_SUITABLE|NO_SHARED_GROUP/,
    'tls_handshake',
    'it shares no cipher with this server; an omrelp with GnuTLS needs tls.myCert, or tls.tlslib="openssl"',
  ],
];

/** The alerts by which a client refuses the certificate of a server, RFC 8446 §6.2, and what to do. */
const CERTIFICATE_ALERTS: readonly (readonly [code: RegExp, remedy: string])[] = [
  [
    /ALERT_UNKNOWN_CA/,
    'give the agent the CA that signed tls.cert; if that is an intermediate CA, append its certificate to tls.cert',
  ],
  [
    /ALERT_CERTIFICATE_EXPIRED/,
    'tls.cert or a CA above it has expired by the clock of the client: renew it, or set that clock',
  ],
  [/ALERT_CERTIFICATE_REVOKED/, 'tls.cert is revoked: replace it'],
  [
    /ALERT_UNSUPPORTED_CERTIFICATE/,
    'tls.cert is not for servers (extended key usage), or the client does not support its kind of key',
  ],
  [
    /ALERT_(BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|ACCESS_DENIED|DECRYPT_ERROR|UNRECOGNIZED_NAME)/,
    'check that the agent has the CA that signed tls.cert, that tls.cert contains the name that the agent expects, and that it has not expired',
  ],
];

/** The refusal for the error of a failed handshake. @param hasSpoken whether the peer has sent anything */
export function refusedHandshake(error: Error, hasSpoken: boolean): Refusal {
  const code = systemCode(error) ?? '';
  if (/^(ECONNRESET|EPIPE|ETIMEDOUT|ENOTCONN)$/.test(code)) return hungUp(hasSpoken);
  const detail = { code: code || error.message };
  const refused = refusedByClient(code);
  if (refused) return { ...refused, detail };
  const rule = BY_HANDSHAKE_CODE.find(([pattern]) => pattern.test(code));
  if (rule) return { reason: rule[1], text: rule[2], detail };
  const text =
    alertOf(code) === undefined ? 'the handshake failed' : 'it broke off the handshake; its own log may say why';
  return { reason: 'tls_handshake', text, detail };
}

/** The refusal for a peer that ends the connection while the handshake runs. */
export function hungUp(hasSpoken: boolean): Refusal {
  if (!hasSpoken) return { reason: 'gone', text: 'it closed the connection', quiet: true };
  const text = "it closed the connection within the handshake, and gave no reason: see the agent's own log";
  return { reason: 'tls_hangup', text };
}

/** The refusal for an admitted peer that ends the connection before its first byte. @param error how it broke, if it did */
export function unusedConnection(error: Error | undefined): Refusal<RefusalReason | 'tls_unused'> {
  const refused = error && refusedByClient(systemCode(error) ?? '');
  if (refused) return refused;
  const checks = 'that it has the CA that signed tls.cert, and expects a name that is in it (cordwood agent print)';
  const text = `it closed the connection before its first byte, as agents do that refuse this server's certificate; check ${checks}`;
  return { reason: 'tls_unused', text };
}

function refusedByClient(code: string): Refusal | undefined {
  const found = CERTIFICATE_ALERTS.find(([pattern]) => pattern.test(code));
  if (!found) return undefined;
  const text = `it refuses this server's certificate (TLS alert ${alertOf(code)}): ${found[1]}`;
  return { reason: 'tls_our_certificate', text };
}

/** The name of the alert in a code of Node: `unknown_ca` in `ERR_SSL_TLSV1_ALERT_UNKNOWN_CA`. */
function alertOf(code: string): string | undefined {
  return /ALERT_(\w+)/.exec(code)?.[1]?.toLowerCase();
}
