import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { neverAborted } from '../../base/abort.ts';
import { Semaphore } from '../../base/semaphore.ts';

const derive = promisify<string | Buffer, Buffer, number, import('node:crypto').ScryptOptions, Buffer>(scrypt);

/** The cost of a hash: 32 MiB and about 0.1 s (OWASP Password Storage Cheat Sheet, scrypt). */
const COST = { ln: 15, r: 8, p: 3 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Memory of one hash, at most; Node's own limit is exactly what the cost above exceeds. */
const MAX_MEMORY = 64 << 20;
/** Hashes at once: each takes memory, and a thread of the pool that also reads files. */
const AT_ONCE = 2;
/** Logins that may wait for their turn. */
const MAX_WAITING = 16;

/** A hash as the file of users has it: `$scrypt$ln=15,r=8,p=3$SALT$HASH`, without padding (PHC string format). */
const HASH = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{16,86})\$([A-Za-z0-9+/]{32,86})$/;

type Parsed = {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
};

/** Hashes a password for the file of users. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const { ln, r, p } = COST;
  const hash = await derive(normal(password), salt, HASH_BYTES, { N: 2 ** ln, r, p, maxmem: MAX_MEMORY });
  const text = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
  return `$scrypt$ln=${ln},r=${r},p=${p}$${text(salt)}$${text(hash)}`;
}

/** Whether the text is a hash that `PasswordCheck` can check. */
export function isPasswordHash(text: string): boolean {
  return parse(text) !== undefined;
}

/** Checks passwords, a few at once. */
export class PasswordCheck {
  readonly #turns = new Semaphore(AT_ONCE);
  /** What an unknown user is checked against, so that it takes as long as a known one. */
  readonly #unknown = `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

  /** Whether so many logins wait that no more should. */
  get isBusy(): boolean {
    return this.#turns.waiting >= MAX_WAITING;
  }

  /** Whether it is the password of the hash; false without a hash, after the same time. */
  async matches(password: string, hash: string | undefined): Promise<boolean> {
    using _turn = await this.#turns.acquire(neverAborted());
    const known = hash === undefined ? undefined : parse(hash);
    const { N, r, p, salt, hash: wanted } = known ?? parse(this.#unknown)!;
    const found = await derive(normal(password), salt, wanted.length, { N, r, p, maxmem: MAX_MEMORY });
    return timingSafeEqual(found, wanted) && known !== undefined;
  }
}

function parse(text: string): Parsed | undefined {
  const [, ln, r, p, salt, hash] = HASH.exec(text) ?? [];
  if (salt === undefined || hash === undefined) return undefined;
  const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p) };
  if (cost.N < 2 || cost.r < 1 || cost.p < 1 || 128 * cost.r * (cost.N + cost.p + 2) > MAX_MEMORY) return undefined;
  return { ...cost, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
}

/** The same password from every keyboard (NFKC, RFC 8265 section 4.2). */
function normal(password: string): string {
  return password.normalize('NFKC');
}
