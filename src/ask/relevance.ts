import type { Gap } from '../account/contract.ts';
import type { Filter } from '../model/filter.ts';
import { compile } from '../model/matches.ts';
import type { LogMessage } from '../model/message.ts';

/** The fields that are known of messages missing in a gap. */
const KNOWN = new Set(['hostname', 'source.listener']);

/** Whether messages missing in a gap may match the filter, judged by the host and listener of the gap. */
export function mayBeRelevant(filter: Filter, { host, listener }: Gap): boolean {
  if (host === undefined && listener === undefined) return true;
  const missing = { hostname: host, source: { listener: listener ?? '' } } as LogMessage;
  const knows = (field: string): boolean => KNOWN.has(field) && (field === 'hostname' ? host : listener) !== undefined;
  const may = (each: Filter, wanted: boolean): boolean => {
    switch (each.kind) {
      case 'all':
        return wanted;
      case 'not':
        return may(each.of, !wanted);
      case 'and':
      case 'or':
        return (each.kind === 'and') === wanted
          ? each.of.every((part) => may(part, wanted))
          : each.of.some((part) => may(part, wanted));
      case 'word':
      case 'substring':
      case 'phrase':
      case 'glob':
      case 'equals':
      case 'pattern':
      case 'range':
      case 'exists':
        return !knows(each.field) || compile(each)(missing) === wanted;
    }
  };
  return may(filter, true);
}
