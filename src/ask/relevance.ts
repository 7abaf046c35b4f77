import type { Gap } from '../account/contract.ts';
import type { Filter } from '../model/filter.ts';
import { compile } from '../model/matches.ts';
import type { LogMessage } from '../model/message.ts';

/** What is known of messages: the value of each of these fields. */
type Known = ReadonlyMap<string, string>;

/** Whether messages missing in a gap may match the filter, judged by the host and listener of the gap. */
export function mayBeRelevant(filter: Filter, { host, listener }: Gap): boolean {
  const known = new Map<string, string>();
  if (host !== undefined) known.set('hostname', host);
  if (listener !== undefined) known.set('source.listener', listener);
  return mayMatch(filter, known);
}

/** Whether messages of which only this is known may match the filter. */
export function mayMatch(filter: Filter, known: Known): boolean {
  if (known.size === 0) return true;
  const example = {
    hostname: known.get('hostname'),
    stream: known.get('stream') ?? '',
    source: { listener: known.get('source.listener') ?? '' },
  } as LogMessage;
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
        return !known.has(each.field) || compile(each)(example) === wanted;
    }
  };
  return may(filter, true);
}
