import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'cw_';
const SECRET_BYTES = 32;
/** The prefix, 43 characters of secret, 6 of checksum. */
const TOKEN = /^cw_([A-Za-z0-9_-]{43})([A-Za-z0-9_-]{6})$/;

/**
 * Makes a token: a secret with a checksum behind it, so that a typing error is told apart from a token that is not known,
 * and scanners for secrets recognize it.
 */
export function makeToken(): string {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return `${PREFIX}${secret}${checksum(secret)}`;
}

/** Whether the text has the form of a token and its checksum is right. */
export function isToken(text: string): boolean {
  const [, secret, check] = TOKEN.exec(text) ?? [];
  return secret !== undefined && check === checksum(secret);
}

/** What the file of users has of a token. 256 bits of chance need no slow hash. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function checksum(secret: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(secret));
  return bytes.toString('base64url');
}
