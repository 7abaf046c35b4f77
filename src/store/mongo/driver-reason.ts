import { MongoServerSelectionError, type TopologyDescription } from 'mongodb';
import { reasonOf, systemCode } from '../../base/errors.ts';

/** Codes of mongod and of MongoDB Atlas for a wrong user or password. */
const AUTHENTICATION_FAILED = new Set([18, 8000]);
const UNAUTHORIZED = 13;

/** Why MongoDB failed, in an administrator's terms: which server, and what to fix. */
export function driverReason(error: unknown): string {
  if (error instanceof MongoServerSelectionError) return selectionFailure(error);
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  if (AUTHENTICATION_FAILED.has(code as number)) {
    const reason = reasonOf(error).replace(/\.$/, '');
    return `${reason}; check the user, its authSource and the password, here and in MongoDB`;
  }
  if (code === UNAUTHORIZED)
    return `${withoutCommand(reasonOf(error))}; grant the user the role readWrite on the database`;
  return reasonOf(error);
}

/**
 * The file named in the address (such as `tlsCAFile`) that cannot be read; undefined for other
 * errors.
 */
export function unreadableFile(error: unknown): string | undefined {
  const { path, syscall } = error as NodeJS.ErrnoException;
  return systemCode(error) !== undefined && syscall === 'open' ? path : undefined;
}

/**
 * What the driver knows about each server; its own message names at most one, and none if there is
 * no primary.
 */
function selectionFailure(error: MongoServerSelectionError): string {
  const { servers, setName } = error.reason as TopologyDescription & { readonly setName: string | null };
  const all = [...servers.values()];
  if (all.length === 0) return setName ? `none of the servers belongs to the replica set ${setName}` : error.message;
  const failures = all.flatMap((server) => (server.error ? `${server.address}: ${server.error.message}` : []));
  if (failures.length < all.length) failures.unshift('no primary');
  return failures.join('; ');
}

/** mongod's message quotes the whole command, including log messages. */
function withoutCommand(reason: string): string {
  return reason.replace(/(to execute command) \{ *(\w+).*$/s, '$1 $2');
}
