import { type Filter, foldFilter, LINE, type TermFilter } from '../../../model/filter.ts';
import { rangeTest } from '../../../model/matches.ts';
import { FORMATS, flagsOf, TRANSPORTS } from '../../../model/message.ts';
import type { Dictionary } from '../format/dictionary.ts';
import type { BlockSummary } from '../format/summary.ts';
import { hashOf, isFiltered, type StoredTokens } from '../format/token-filter.ts';
import { linePruner } from './line-search.ts';
import { probeTest, requiredTokens, textVerdict } from './terms.ts';
import { type Probe, priorityProbe } from './value-column.ts';

/**
 * What is known of a block before its rows are read (its zone map); the token filter only if it was
 * fetched.
 */
export type BlockHints = {
  readonly summary: BlockSummary;
  readonly stream: string;
  readonly tokens: StoredTokens | undefined;
};

/**
 * A test that is false if no row of a block can match. `not` prunes nothing: the negated part may
 * hold for other rows.
 */
export function pruner(filter: Filter): (hints: BlockHints) => boolean {
  switch (filter.kind) {
    case 'all':
      return () => true;
    case 'not':
      return filter.of.kind === 'all' ? () => false : () => true;
    case 'and': {
      const all = filter.of.map(pruner);
      return (hints) => all.every((each) => each(hints));
    }
    case 'or': {
      const any = filter.of.map(pruner);
      return (hints) => any.some((each) => each(hints));
    }
    default:
      return termPruner(filter);
  }
}

/** Whether pruning by a filter can use the token filter of a block. */
export function usesTokens(filter: Filter): boolean {
  const some = (parts: readonly boolean[]): boolean => parts.includes(true);
  return foldFilter<boolean>(filter, {
    all: () => false,
    and: some,
    or: some,
    not: () => false,
    term: (term) => (term.field === 'message' || term.field === LINE) && requiredTokens(term).length > 0,
  });
}

/** As `pruner`, for one term. */
function termPruner(term: TermFilter): (hints: BlockHints) => boolean {
  switch (term.field) {
    case 'hostname':
      return onDictionary(
        textVerdict(term, (hostname) => ({ hostname })),
        (summary) => summary.hosts,
      );
    case 'appname':
      return onDictionary(
        textVerdict(term, (appname) => ({ appname })),
        (summary) => summary.apps,
      );
    case 'severity':
    case 'level':
      return onMask(term, 8, priorityProbe, (summary) => summary.ranges.severities);
    case 'facility':
      return onMask(
        term,
        24,
        (facility) => priorityProbe(facility * 8),
        (summary) => summary.ranges.facilities,
      );
    case 'format':
      return onMask(
        term,
        FORMATS.length,
        (code) => ({ format: FORMATS[code]! }),
        (summary) => summary.ranges.formats,
      );
    case 'timestamp':
      return onTimes(term, ({ ranges }) => [ranges.timestampLow, ranges.timestampHigh]);
    case 'received_at':
      return onTimes(term, ({ ranges }) => [ranges.firstAt, ranges.lastAt]);
    case 'stream': {
      const test = probeTest(term);
      return ({ stream }) => test({ stream });
    }
    case LINE:
      return linePruner(term);
    case 'message': {
      const hashes = requiredTokens(term).filter(isFiltered).map(hashOf);
      return ({ tokens }) => !tokens || hashes.every((hash) => tokens.mayHold(hash));
    }
    default:
      return onSource(term) ?? (() => true);
  }
}

function onDictionary(
  verdict: (text: string | undefined) => boolean,
  dictionary: (summary: BlockSummary) => Dictionary,
): (hints: BlockHints) => boolean {
  return ({ summary }) => dictionary(summary).texts().some(verdict);
}

function onMask(
  term: TermFilter,
  values: number,
  probeOf: (value: number) => Probe,
  mask: (summary: BlockSummary) => number,
): (hints: BlockHints) => boolean {
  const test = probeTest(term);
  let matching = 0;
  for (let value = 0; value < values; value++) if (test(probeOf(value))) matching |= 1 << value;
  return ({ summary }) => (mask(summary) & matching) !== 0;
}

/**
 * Only a range can prune by time: the lowest and highest time decide nothing about the text of the
 * times between them.
 */
function onTimes(
  term: TermFilter,
  times: (summary: BlockSummary) => readonly [number, number],
): (hints: BlockHints) => boolean {
  if (term.kind !== 'range') return () => true;
  const { min: _min, excludeMin: _excludeMin, ...above } = term;
  const { max: _max, excludeMax: _excludeMax, ...below } = term;
  const lowFits = rangeTest(above);
  const highFits = rangeTest(below);
  return ({ summary }) => {
    const [low, high] = times(summary);
    return !(low <= high) || (lowFits(low) && highFits(high));
  };
}

function onSource(term: TermFilter): ((hints: BlockHints) => boolean) | undefined {
  const source = { ip: '', port: 0, transport: 'udp', listener: '' } as const;
  switch (term.field) {
    case 'source.transport':
      return onMask(
        term,
        TRANSPORTS.length,
        (code) => ({ source: { ...source, transport: TRANSPORTS[code]! } }),
        (summary) => summary.ranges.transports,
      );
    case 'source.listener':
      return onDictionary(
        textVerdict(term, (listener) => ({ source: { ...source, listener } })),
        (summary) => summary.listeners,
      );
    case 'flags': {
      // Each row has a subset of the block's flags: no row matches unless the empty set or a single
      // flag does.
      const test = probeTest(term);
      if (test({ flags: [] })) return () => true;
      return ({ summary }) => flagsOf(summary.ranges.flags).some((flag) => test({ flags: [flag] }));
    }
    default:
      return undefined;
  }
}
