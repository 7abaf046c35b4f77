import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { CordwoodError, reasonOf, systemCode } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { type FileWatch, watchFiles } from '../../base/machine/watch-files.ts';
import { ThrottledWarnings } from '../../base/throttled-warnings.ts';
import { validate } from '../../base/validate.ts';
import { complaintsOf } from '../../base/yaml/complaint.ts';
import { readYaml } from '../../base/yaml/yaml.ts';
import { conflictsIn, type TokenEntry, type UserEntry, type Users, usersSchema } from './users-schema.ts';

/** Permissions of other users of the machine. */
const OTHERS = 0o007;

const NO_USERS: Users = { users: {}, tokens: {} };

/**
 * Reads the file of users; without one, there are none. @throws CordwoodError ERR_CONFIG that lists everything wrong with
 * it
 */
export function readUsers(path: string): Users {
  const text = readPrivate(path);
  if (text === undefined) return NO_USERS;
  const source = readYaml(text);
  const result = validate(usersSchema, source.value);
  const faults = 'faults' in result ? result.faults : conflictsIn(result.value);
  if (source.faults.length === 0 && faults.length === 0 && 'value' in result) return result.value;
  const lines = complaintsOf(source, faults).map(({ place, message }) => `  ${place}: ${message}`);
  throw unusable(path, lines.length === 1 ? 'one problem' : `${lines.length} problems`, lines);
}

function readPrivate(path: string): string | undefined {
  try {
    const { mode } = statSync(path);
    if (mode & OTHERS) throw unusable(path, `other users of this machine may read or change it; chmod 640 ${path}`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error instanceof CordwoodError ? error : unusable(path, reasonOf(error), [], error);
  }
}

function unusable(path: string, reason: string, lines: readonly string[] = [], cause?: unknown): CordwoodError {
  const message = [`cannot use the file of users ${path}: ${reason}`, ...lines].join('\n');
  return new CordwoodError('ERR_CONFIG', message, { cause });
}

/**
 * The users and tokens of a file, read again when it changes, at the latest before the next login: a new token works at
 * once, and a removed one does not work any more. A file that cannot be used changes nothing.
 */
export class UsersFile implements Disposable {
  readonly #path: string;
  readonly #log: Logger;
  readonly #warnings: ThrottledWarnings;
  readonly #watch: FileWatch;
  #users: Users;
  #tokens: ReadonlyMap<string, readonly [name: string, TokenEntry]>;

  /** @throws CordwoodError ERR_CONFIG if the file cannot be used now */
  constructor(path: string, log: Logger, everyMs?: number) {
    this.#path = path;
    this.#log = log;
    this.#warnings = new ThrottledWarnings(log);
    this.#users = readUsers(path);
    this.#tokens = byHash(this.#users);
    this.#watch = watchFiles([path], () => this.#reload(), everyMs);
  }

  user(name: string): UserEntry | undefined {
    this.#watch.check();
    return Object.hasOwn(this.#users.users, name) ? this.#users.users[name] : undefined;
  }

  /** The token with this hash, and its name. */
  token(hash: string): readonly [name: string, TokenEntry] | undefined {
    this.#watch.check();
    return this.#tokens.get(hash);
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  #reload(): boolean {
    try {
      this.#users = readUsers(this.#path);
      this.#tokens = byHash(this.#users);
    } catch (error) {
      this.#warnings.warn(`cannot read the users again, the old ones stay: ${reasonOf(error)}`);
      return false;
    }
    this.#log.info({ file: this.#path }, 'users read again');
    return true;
  }
}

function byHash({ tokens }: Users): Map<string, readonly [string, TokenEntry]> {
  return new Map(Object.entries(tokens).map(([name, entry]) => [entry.sha256, [name, entry] as const]));
}

/** Changes whenever something of an entry does: sessions of another mark have ended. */
export function markOf(entry: unknown): string {
  return createHash('sha256').update(JSON.stringify(entry)).digest('base64url').slice(0, 11);
}
