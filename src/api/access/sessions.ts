import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Signer } from '@fastify/cookie';
import { CordwoodError, reasonOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { z } from '../../base/schema.ts';
import { DAY, HOUR, MINUTE } from '../../base/units.ts';
import { ROLES } from '../settings.ts';
import type { EndedSessions } from './ended-sessions.ts';

/** A session ends this long after its last request, and this long after its login, ms. */
const IDLE_MS = 12 * HOUR;
const LONGEST_MS = 7 * DAY;
/** A session is written again if it is older, ms. */
const RENEW_MS = 10 * MINUTE;

const KEY_BYTES = 32;

const contentSchema = z.strictObject({
  id: z.string(),
  user: z.string(),
  way: z.enum(['password', 'link', 'proxy']),
  /** What a proxy said; of users of the file, the file says it. */
  role: z.enum(ROLES).optional(),
  /** Of the entry of the user: a session of another mark has ended. */
  mark: z.string(),
  /** When it began and when it was last written, ms. */
  began: z.number(),
  at: z.number(),
});
export type SessionContent = z.output<typeof contentSchema>;

/** What is given of a new session. */
export type NewSession = Omit<SessionContent, 'id' | 'began' | 'at'>;

/** Sessions that live in a signed cookie: they survive restarts, and the server keeps only which ones were logged out. */
export class Sessions {
  readonly #signer: Signer;
  readonly #ended: EndedSessions;
  readonly #now: () => number;

  constructor(key: Buffer, ended: EndedSessions, now: () => number) {
    this.#signer = new Signer(key);
    this.#ended = ended;
    this.#now = now;
  }

  /** The value of the cookie of a new session. */
  begin(content: NewSession): string {
    const now = this.#now();
    return this.#sign({ ...content, id: randomBytes(12).toString('base64url'), began: now, at: now });
  }

  /** Ends a session for every copy of its cookie. */
  end({ id, began }: SessionContent): void {
    this.#ended.add(id, began + LONGEST_MS);
  }

  /** The content of a cookie; undefined if it is forged, damaged or over. */
  read(cookie: string): SessionContent | undefined {
    const { valid, value } = this.#signer.unsign(cookie);
    if (!valid || value === null) return undefined;
    const { data } = contentSchema.safeParse(parse(value));
    const now = this.#now();
    if (!data || data.at > now + MINUTE || now - data.at > IDLE_MS || now - data.began > LONGEST_MS) return undefined;
    return this.#ended.has(data.id) ? undefined : data;
  }

  /** The value that goes on from a session; undefined if it is too early to write it again. */
  renew(content: SessionContent): string | undefined {
    const now = this.#now();
    return now - content.at < RENEW_MS ? undefined : this.#sign({ ...content, at: now });
  }

  #sign(content: SessionContent): string {
    return this.#signer.sign(Buffer.from(JSON.stringify(content)).toString('base64url'));
  }
}

function parse(value: string): unknown {
  try {
    return JSON.parse(Buffer.from(value, 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** Permissions of other users of the machine. */
const OTHERS = 0o007;

/**
 * The key that signs sessions, from `web.key` in the data folder; made if it does not exist. One that is damaged, or that
 * others could have read, is made again with a warning: that ends all sessions, as removing the file does.
 * @throws CordwoodError ERR_CONFIG if it cannot be read or written
 */
export function sessionKey(data: string, log: Pick<Logger, 'warn'>): Buffer {
  const path = join(data, 'web.key');
  try {
    const { mode } = statSync(path, { throwIfNoEntry: false }) ?? {};
    if (mode === undefined) return makeKey(path);
    const key = readFileSync(path);
    const isWhole = key.length === KEY_BYTES;
    if (isWhole && (mode & OTHERS) === 0) return key;
    const reason = isWhole
      ? 'other users of this machine could read or change it'
      : `it has ${key.length} bytes instead of ${KEY_BYTES}`;
    log.warn({ file: path, reason }, 'the key of sessions is made again: everyone has to log in again');
    return makeKey(path);
  } catch (error) {
    throw new CordwoodError('ERR_CONFIG', `cannot use the key of sessions ${path}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** As a whole: a key that a full disk or a crash has cut off would be none. */
function makeKey(path: string): Buffer {
  const next = `${path}.new`;
  const key = randomBytes(KEY_BYTES);
  rmSync(next, { force: true });
  writeFileSync(next, key, { mode: 0o600, flag: 'wx', flush: true });
  renameSync(next, path);
  return key;
}
