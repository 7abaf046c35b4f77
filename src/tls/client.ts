import { checkServerIdentity, connect, createSecureContext, getCACertificates, type PeerCertificate } from 'node:tls';
import { isIP, type Socket } from 'node:net';
import { reasonOf, systemCode } from '../base/errors.ts';
import { readClientFiles } from './files.ts';
import type { ClientTlsSettings } from './settings.ts';

/** Why a server is not trusted, by the code of the error, each with its remedy. */
const REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired; replace it there',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; check the clocks of both machines',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate signed itself; name that certificate as tls.ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is from another CA than tls.ca',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is from another CA than tls.ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is from another CA than tls.ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate is from another CA than tls.ca, or it does not send the ones between',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS on this port',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS on this port',
};

/**
 * Performs the client's side of a TLS handshake over a connected socket. The files are read at each
 * call, so a certificate that was replaced is used at the next connection. @param host the name that
 * was connected to @throws CordwoodError ERR_CONFIG if a file cannot be used; an error with the reason if
 * the server is not trusted, or does not trust us
 */
export async function secure(socket: Socket, host: string, settings: ClientTlsSettings): Promise<Socket> {
  const files = readClientFiles(settings);
  const name = settings.name ?? host;
  const secured = connect({
    socket,
    secureContext: createSecureContext({
      ...files,
      ca: files.ca ?? [...getCACertificates('default'), ...getCACertificates('system')],
      minVersion: 'TLSv1.2',
    }),
    ...(isIP(name) === 0 && { servername: name }),
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkServerIdentity(name, certificate),
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  secured.once('secureConnect', resolve).once('error', reject);
  secured.once('close', () => reject(new Error('it closed the connection during the handshake')));
  try {
    await promise;
  } catch (error) {
    secured.on('error', () => {});
    secured.destroy();
    throw new Error(reasonOfHandshake(error, name), { cause: error });
  }
  return secured;
}

/** Why a connection with TLS failed, for people. */
export function reasonOfHandshake(error: unknown, name: string): string {
  const code = systemCode(error) ?? '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `its certificate is not for ${name} (${reasonOf(error)}); set tls.name to a name that it has`;
  }
  const alert = /alert (.+?)(?::|$)/.exec(reasonOf(error))?.[1];
  if (alert !== undefined) return `it refused our certificate (${alert}); check tls.cert, and the CA that it trusts`;
  return REASONS[code] ?? reasonOf(error);
}
