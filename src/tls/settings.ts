import { isIP } from 'node:net';
import { duration, shown, written, z } from '../base/schema.ts';

/** How a fingerprint is kept: `SHA256:` and 32 pairs of hex digits in capitals, with colons. */
export const FINGERPRINT = 'SHA256:';

/** A peer that may connect: a name or address of its certificate, or the certificate's fingerprint. */
const peer = written(
  'a name, e.g. web1.example.org or *.example.org, an address, or a fingerprint SHA256:…',
  {},
  (given) => {
    const text = String(given).trim();
    const [, digest, hex] = /^(sha[-_]?\d+|md5)[:=](.*)$/i.exec(text) ?? [];
    if (digest !== undefined) return fingerprint(text, digest, hex!);
    if (isIP(text)) return { value: text.toLowerCase() };
    const name = text.toLowerCase().replace(/\.$/, '');
    if (name === '*')
      return { refused: '"*" would let everybody in; leave `allow` out to take all whom `ca` vouches for' };
    if (/\*/.test(name.replace(/^\*\./, '')))
      return { refused: `${shown(text)} has its * elsewhere than as the whole first label; write *.example.org` };
    if (!/^(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/.test(name))
      return { refused: `${shown(text)} is neither a host's name nor an address nor a fingerprint SHA256:…` };
    return { value: name };
  },
);

function fingerprint(text: string, digest: string, hex: string): { value: string } | { refused: string } {
  if (!/^sha[-_]?256$/i.test(digest))
    return {
      refused: `${shown(text)} is no SHA256 fingerprint; \`openssl x509 -noout -fingerprint -sha256 -in FILE\` tells it`,
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
    cert: file("the server's certificate, PEM, followed by those between it and its CA"),
    key: file('its private key, PEM, not encrypted'),
    ca: file('the CAs that vouch for clients, PEM: whoever has no certificate of theirs is refused').optional(),
    allow: z.array(peer).min(1).optional().meta({
      description: 'which clients may connect, by name (needs ca) or fingerprint; without it, all that ca vouches for',
    }),
    handshake_timeout: duration({ min: 100, max: 60_000 })
      .prefault('10s')
      .meta({ description: 'how long a TLS handshake may take' }),
  })
  .superRefine(({ ca, allow = [] }, context) => {
    if (ca !== undefined) return;
    for (const [index, one] of allow.entries()) {
      if (one.startsWith(FINGERPRINT)) continue;
      const message = `${shown(one)} is a name, and without \`ca\` anybody may claim it; set ca, or give the fingerprint`;
      context.addIssue({ code: 'custom', message, path: ['allow', index], input: one });
    }
  });
export type TlsSettings = z.output<typeof tlsSchema>;
