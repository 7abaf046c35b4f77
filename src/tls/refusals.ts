import { systemCode } from '../base/errors.ts';
import type { CounterName } from '../listen/counters.ts';

/** Why somebody is not let in: how it is counted, and said. `text` is one of few, so that it can be throttled. */
export type Refused = {
  readonly counter: CounterName;
  readonly text: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** Not worth an operator's time. */
  readonly quiet?: true;
};

const CHAIN: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; is its clock, or ours, right?',
  INVALID_PURPOSE: 'its certificate is not one for clients (extended key usage)',
  CERT_REVOKED: 'its certificate is revoked',
  CERT_SIGNATURE_FAILURE: 'its certificate is not signed by the CA it names',
};
/** None of the CAs of `tls.ca` is at the top of the chain. */
const STRANGER = 'its certificate is not from a CA of tls.ca';

/** By the code of OpenSSL's verification. */
export function refusedByChain(code: unknown): Refused {
  const text = CHAIN[String(code)] ?? STRANGER;
  return { counter: 'connections.refused.tls_certificate', text, detail: { code: String(code) } };
}

const HANDSHAKE: readonly (readonly [RegExp, string])[] = [
  [/HTTP_REQUEST/, 'it speaks HTTP'],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|RECORD_TOO_SMALL|BAD_RECORD_TYPE|RECORD_LAYER_FAILURE/,
    'it does not speak TLS; switch TLS on at the agent (rsyslog: StreamDriverMode="1")',
  ],
  [
    /UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|INAPPROPRIATE_FALLBACK/,
    'it offers nothing newer than TLS 1.1; 1.2 is the oldest that is taken',
  ],
  [/NO_SHARED_CIPHER|NO_SHARED_SIGNATURE|NO_SUITABLE|NO_SHARED_GROUP/, 'it shares no cipher with us'],
  [/ALERT_UNKNOWN_CA/, 'it does not trust our certificate: give the agent the CA that signed it'],
  [
    /ALERT_(BAD_CERTIFICATE|CERTIFICATE)/,
    'it refuses our certificate: is the name it expects in there, and has it expired?',
  ],
  [/ALERT/, 'it broke the handshake off'],
];

/** By the error of a handshake that failed. */
export function refusedHandshake(error: Error): Refused {
  const code = systemCode(error) ?? '';
  if (/^(ECONNRESET|EPIPE|ETIMEDOUT|ENOTCONN)$/.test(code))
    return { counter: 'connections.refused.gone', text: 'it closed the connection', quiet: true };
  const text = HANDSHAKE.find(([pattern]) => pattern.test(code))?.[1] ?? 'the handshake failed';
  return { counter: 'connections.refused.tls_handshake', text, detail: { code: code || error.message } };
}
