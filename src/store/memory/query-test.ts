import { decodeId } from '../../model/id.ts';
import { compile } from '../../model/matches.ts';
import type { LogMessage } from '../../model/message.ts';
import type { Query } from '../../model/query.ts';

/**
 * Tests a message against a query's filter, time bounds and cursors; order and limit are left to
 * the caller.
 */
export function queryTest(query: Query): (message: LogMessage) => boolean {
  const matches = compile(query.filter);
  const after = byNode(query.after);
  const upTo = byNode(query.upTo);
  return (message) => {
    const at = message.received_at.getTime();
    if (query.since !== undefined && at < query.since) return false;
    if (query.until !== undefined && at >= query.until) return false;
    if (query.before !== undefined && message._id >= query.before) return false;
    const node = decodeId(message._id)!.node;
    const seen = after.get(node);
    if (seen !== undefined && message._id <= seen) return false;
    const visible = upTo.get(node);
    return (visible === undefined || message._id <= visible) && matches(message);
  };
}

function byNode(ids: readonly string[] = []): Map<number, string> {
  return new Map(ids.map((id) => [decodeId(id)!.node, id]));
}
