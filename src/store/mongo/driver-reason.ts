import { MongoServerSelectionError, type TopologyDescription } from 'mongodb';
import { reasonOf, systemCode } from '../../base/errors.ts';

/** mongod's codes, and that of MongoDB's own cloud, for a user or a password that is not right. */
const NOT_LOGGED_IN = new Set([18, 8000]);
const NOT_ALLOWED = 13;

/** Why MongoDB did not do what it was asked, as the administrator needs it: which server, and what to mend. */
export function driverReason(error: unknown): string {
  if (error instanceof MongoServerSelectionError) return unfound(error);
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  if (NOT_LOGGED_IN.has(code as number)) {
    const reason = reasonOf(error).replace(/\.$/, '');
    return `${reason}; mend the user, its authSource or the password, here or in MongoDB`;
  }
  if (code === NOT_ALLOWED)
    return `${withoutCommand(reasonOf(error))}; give its user the role readWrite on the database`;
  return reasonOf(error);
}

/** A file that the address names (`tlsCAFile`) and that cannot be read. */
export function unreadableFile(error: unknown): string | undefined {
  const { path, syscall } = error as NodeJS.ErrnoException;
  return systemCode(error) !== undefined && syscall === 'open' ? path : undefined;
}

/** What the driver knows of each server; its own text names one at most, and none where a set has no primary. */
function unfound(error: MongoServerSelectionError): string {
  const { servers, setName } = error.reason as TopologyDescription & { readonly setName: string | null };
  const all = [...servers.values()];
  if (all.length === 0) return setName ? `no server there is of the replica set ${setName}` : error.message;
  const failures = all.flatMap((server) => (server.error ? `${server.address}: ${server.error.message}` : []));
  if (failures.length < all.length) failures.unshift('no primary');
  return failures.join('; ');
}

/** A refusal quotes the whole command, messages and all. */
function withoutCommand(reason: string): string {
  return reason.replace(/(to execute command) \{ *(\w+).*$/s, '$1 $2');
}
