import { isIP } from 'node:net';
import { duration, shown, written, z } from '../base/schema.ts';

/** The prefix of a normalized fingerprint; 32 pairs of upper-case hex digits, separated by colons, follow. */
export const FINGERPRINT = 'SHA256:';

/** What a list of peers has. */
export const PEER = 'a name, e.g. web1.example.org or *.example.org, an address, or a fingerprint SHA256:…';

/** A peer that may connect: a name or address in its certificate, or the certificate's fingerprint. */
const peer = written(PEER, {}, readPeer);

/** @returns the peer as `authorize` compares it, or why it is not one */
export function readPeer(given: unknown): { readonly value: string } | { readonly refused: string } {
  const text = String(given).trim();
  const [, digest, hex] = /^(sha[-_]?\d+|md5)[:=](.*)$/i.exec(text) ?? [];
  if (digest !== undefined) return fingerprint(text, digest, hex!);
  if (isIP(text)) return { value: text.toLowerCase() };
  const name = text.toLowerCase().replace(/\.$/, '');
  if (name === '*')
    return {
      refused: '"*" would admit every client; omit `allow` to admit all clients with a certificate from `ca`',
    };
  if (/\*/.test(name.replace(/^\*\./, '')))
    return { refused: `${shown(text)} may contain * only as its whole first label, e.g. *.example.org` };
  if (!/^(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/.test(name))
    return { refused: `${shown(text)} is not a host name, an address or a fingerprint SHA256:…` };
  return { value: name };
}

function fingerprint(text: string, digest: string, hex: string): { value: string } | { refused: string } {
  if (!/^sha[-_]?256$/i.test(digest))
    return {
      refused: `${shown(text)} is not a SHA256 fingerprint; \`openssl x509 -noout -fingerprint -sha256 -in FILE\` prints it`,
    };
  const digits = hex.replace(/:/g, '').toUpperCase();
  if (!/^[0-9A-F]{64}$/.test(digits)) return { refused: `${shown(text)} is not 32 pairs of hex digits` };
  return { value: FINGERPRINT + digits.match(/../g)!.join(':') };
}

const file = (description: string) =>
  z
    .string()
    .min(1)
    .meta({ description: `${description}; relative to this file` });

/** `tls:` of a listener. */
export const tlsSchema = z
  .strictObject({
    cert: file("the server's certificate, PEM, followed by any intermediate certificates"),
    key: file('the private key of the certificate, PEM, not encrypted'),
    ca: file('the CAs of the clients, PEM; a client without a certificate from one of them is refused').optional(),
    allow: z.array(peer).min(1).optional().meta({
      description:
        'clients that may connect, by certificate name (requires ca) or fingerprint; default: all with a certificate from ca',
    }),
    handshake_timeout: duration({ min: 100, max: 60_000 })
      .prefault('10s')
      .meta({ description: 'longest time for a TLS handshake' }),
  })
  .superRefine(({ ca, allow = [] }, context) => {
    if (ca !== undefined) return;
    for (const [index, one] of allow.entries()) {
      if (one.startsWith(FINGERPRINT)) continue;
      const message = `${shown(one)} is a name, which any client can claim unless \`ca\` is set; set ca, or list the fingerprint instead`;
      context.addIssue({ code: 'custom', message, path: ['allow', index], input: one });
    }
  });
export type TlsSettings = z.output<typeof tlsSchema>;

/** `tls:` of a destination that this server connects to. */
export const clientTlsSchema = z
  .strictObject({
    ca: file('the CAs of the server there, PEM; default: those of this machine').optional(),
    cert: file('the certificate of this server, PEM, if the server there wants one').optional(),
    key: file('the private key of the certificate, PEM, not encrypted').optional(),
    name: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .meta({ description: 'the name that the certificate there must have; default: the host of the address' }),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    error: 'has one of cert and key without the other; name both or none',
  });
export type ClientTlsSettings = z.output<typeof clientTlsSchema>;
