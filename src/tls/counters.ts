import { counter } from '../base/counters.ts';

/**
 * What each TLS server counts of the handshakes that it refuses, by reason.
 * @param prefix what the names of the counters begin with, e.g. `connections.refused.`
 */
export function refusedHandshakes<const Prefix extends string>(prefix: Prefix) {
  return [
    counter(
      `${prefix}tls_our_certificate`,
      'connections',
      "TLS handshakes in which the client refused this server's certificate, as its alert says",
    ),
    counter(`${prefix}tls_plain`, 'connections', 'Refused: the client does not speak TLS'),
    counter(`${prefix}tls_version`, 'connections', 'Refused: the client offers TLS 1.1 or older only'),
    counter(
      `${prefix}tls_hangup`,
      'connections',
      'TLS handshakes that the client broke off after its first byte, without an alert',
    ),
    counter(
      `${prefix}tls_handshake`,
      'connections',
      'TLS handshakes that failed otherwise: no shared cipher, damaged bytes',
    ),
    counter(`${prefix}tls_timeout`, 'connections', 'TLS handshakes that took too long'),
    counter(
      `${prefix}tls_certificate`,
      'connections',
      'Refused: no certificate, an expired one, or none of a CA in `tls.ca`',
    ),
    counter(`${prefix}tls_name`, 'connections', 'Refused: a valid certificate that `tls.allow` does not name'),
  ] as const;
}
