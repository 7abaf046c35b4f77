import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { addressBytes } from '../../base/ip.ts';
import { bits, boolean, integer, octets, oid, pem, sequence, set, tagged, taggedBytes, time, utf8 } from './der.ts';

/** The contents of a certificate, RFC 5280. */
export type CertificateRequest = {
  /** The common name. */
  readonly name: string;
  /** Names and addresses that it is valid for: `web1.example.org`, `10.0.0.7`. */
  readonly alternatives?: readonly string[];
  readonly use: 'ca' | 'server' | 'client';
  readonly from: Date;
  readonly to: Date;
};

/** A key and its certificate. */
export type Identity = { readonly name: string; readonly key: KeyObject; readonly certificate: string };

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
/** KeyUsage: digitalSignature is bit 0, keyCertSign bit 5, cRLSign bit 6. */
const SIGNS_CERTIFICATES = bits(Buffer.from([0b00000110]), 1);
const SIGNS = bits(Buffer.from([0b10000000]), 7);

/**
 * Creates a key (ECDSA on P-256, which every rsyslog driver supports) and a certificate for it, signed by `issuer` or,
 * without one, by itself.
 */
export function certify(request: CertificateRequest, issuer?: Identity): Identity {
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const body = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(serial()),
    ECDSA_SHA256,
    distinguished(issuer?.name ?? request.name),
    sequence(time(request.from), time(request.to)),
    distinguished(request.name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(...extensions(request, publicKey, issuer?.key ?? key))),
  );
  const signature = sign('sha256', body, issuer?.key ?? key);
  return { name: request.name, key, certificate: pem('CERTIFICATE', sequence(body, ECDSA_SHA256, bits(signature))) };
}

/** The key as PEM text (PKCS #8). */
export function keyText(key: KeyObject): string {
  return String(key.export({ type: 'pkcs8', format: 'pem' }));
}

function extensions({ use, alternatives = [] }: CertificateRequest, own: KeyObject, issuer: KeyObject): Buffer[] {
  const ca = use === 'ca';
  const constraints = ca ? sequence(boolean(true), integer(Buffer.from([0]))) : sequence();
  const all = [
    extension('2.5.29.19', constraints, true),
    extension('2.5.29.15', ca ? SIGNS_CERTIFICATES : SIGNS, true),
    extension('2.5.29.14', octets(keyId(own))),
    extension('2.5.29.35', sequence(taggedBytes(0, keyId(createPublicKey(issuer))))),
  ];
  if (!ca) all.push(extension('2.5.29.37', sequence(oid(use === 'server' ? SERVER_AUTH : CLIENT_AUTH))));
  if (alternatives.length > 0) all.push(extension('2.5.29.17', sequence(...alternatives.map(alternative))));
  return all;
}

function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
}

/** dNSName is 2 and iPAddress 7, RFC 5280 §4.2.1.6. */
function alternative(name: string): Buffer {
  return isIP(name) ? taggedBytes(7, Buffer.from(addressBytes(name))) : taggedBytes(2, Buffer.from(name, 'latin1'));
}

function distinguished(name: string): Buffer {
  return sequence(set(sequence(oid('2.5.4.3'), utf8(name))));
}

/** Method 1 of RFC 5280 §4.2.1.2: the SHA-1 of the bits of the key, which are the last 65 bytes of the structure. */
function keyId(key: KeyObject): Buffer {
  const structure = key.export({ type: 'spki', format: 'der' });
  const point = structure.subarray(structure.length - 65);
  return createHash('sha1').update(point).digest();
}

/** A positive number with more than 64 unpredictable bits. */
function serial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes;
}
