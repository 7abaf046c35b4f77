import { createHash, randomBytes } from 'node:crypto';

/** Links that wait to be used, at most. */
const MAX_LINKS = 64;

/** Secrets that log in once, within a short time; kept as hashes, in memory. */
export class Links {
  readonly #now: () => number;
  /** By hash: until when, ms. */
  readonly #valid = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Makes a secret that is valid for so many ms. */
  make(ms: number): string {
    const now = this.#now();
    for (const [hash, until] of this.#valid) if (until <= now) this.#valid.delete(hash);
    const [oldest] = this.#valid.keys();
    if (this.#valid.size >= MAX_LINKS && oldest !== undefined) this.#valid.delete(oldest);
    const secret = randomBytes(32).toString('base64url');
    this.#valid.set(hashOf(secret), now + ms);
    return secret;
  }

  /** Whether the secret is valid; it is not from then on. */
  take(secret: string): boolean {
    const hash = hashOf(secret);
    const until = this.#valid.get(hash);
    this.#valid.delete(hash);
    return until !== undefined && until > this.#now();
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
