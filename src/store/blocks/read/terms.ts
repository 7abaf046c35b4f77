import type { TermFilter } from '../../../model/filter.ts';
import { globTexts } from '../../../model/glob.ts';
import { compile, rangeTest } from '../../../model/matches.ts';
import { FORMATS, flagsOf, type LogMessage, TRANSPORTS } from '../../../model/message.ts';
import { Pattern } from '../../../model/pattern.ts';
import { innerTokensOf, phraseTokensOf, tokensOf } from '../../../model/tokens.ts';
import { type Probe, priorityProbe } from './value-column.ts';
import type { Dictionary } from '../format/dictionary.ts';
import type { Summary } from '../format/summary.ts';
import { hashOf, isFiltered, type StoredTokens } from '../format/token-filter.ts';

export type Term = TermFilter;

/** Verdicts kept at most; forged names must not fill the memory. */
const MAX_KEPT = 20_000;

/** Decides a leaf on messages that have nothing but its field. */
export function probeTest(leaf: Term): (probe: Probe) => boolean {
  const test = compile(leaf);
  return (probe) => test(probe as LogMessage);
}

/** `probeTest` that remembers its verdict on texts, for fields whose few values come up in block after block. */
export function textVerdict(leaf: Term, probeOf: (text: string) => Probe): (text: string | undefined) => boolean {
  const test = probeTest(leaf);
  const known = new Map<string, boolean>();
  return (text) => {
    if (text === undefined) return test({});
    let verdict = known.get(text);
    if (verdict === undefined) {
      if (known.size >= MAX_KEPT) known.clear();
      verdict = test(probeOf(text));
      known.set(text, verdict);
    }
    return verdict;
  };
}

/** What a leaf knows of a block before its rows are read; the token filter only where it was fetched. */
export type BlockHints = {
  readonly summary: Summary;
  readonly stream: string;
  readonly tokens: StoredTokens | undefined;
};

/** False where no row of the block can match the leaf. */
export function termPruner(leaf: Term): (glance: BlockHints) => boolean {
  switch (leaf.field) {
    case 'hostname':
      return onDictionary(
        textVerdict(leaf, (hostname) => ({ hostname })),
        (summary) => summary.hosts,
      );
    case 'appname':
      return onDictionary(
        textVerdict(leaf, (appname) => ({ appname })),
        (summary) => summary.apps,
      );
    case 'severity':
    case 'level':
      return onMask(leaf, 8, priorityProbe, (summary) => summary.ranges.severities);
    case 'facility':
      return onMask(
        leaf,
        24,
        (facility) => priorityProbe(facility * 8),
        (summary) => summary.ranges.facilities,
      );
    case 'format':
      return onMask(
        leaf,
        FORMATS.length,
        (code) => ({ format: FORMATS[code]! }),
        (summary) => summary.ranges.formats,
      );
    case 'timestamp':
      return onTimes(leaf, ({ ranges }) => [ranges.timestampLow, ranges.timestampHigh]);
    case 'received_at':
      return onTimes(leaf, ({ ranges }) => [ranges.firstAt, ranges.lastAt]);
    case 'stream': {
      const test = probeTest(leaf);
      return ({ stream }) => test({ stream });
    }
    case 'message': {
      const hashes = requiredTokens(leaf).filter(isFiltered).map(hashOf);
      return ({ tokens }) => !tokens || hashes.every((hash) => tokens.mayHold(hash));
    }
    default:
      return onSource(leaf) ?? (() => true);
  }
}

/** Tokens that every message must have to match a leaf on `message`. */
export function requiredTokens(leaf: Term): string[] {
  switch (leaf.kind) {
    case 'word':
      return phraseTokensOf(leaf.token);
    case 'phrase':
      return phraseTokensOf(leaf.text, leaf.open);
    case 'substring':
      return innerTokensOf(leaf.text);
    case 'equals':
      return tokensOf(leaf.value);
    case 'glob':
      return globTexts(leaf.glob).flatMap(innerTokensOf);
    case 'pattern':
      return innerTokensOf(new Pattern(leaf.source, { ignoreCase: leaf.ignoreCase }).literal);
    case 'range':
    case 'exists':
      return [];
  }
}

function onDictionary(
  verdict: (text: string | undefined) => boolean,
  dictionary: (summary: Summary) => Dictionary,
): (glance: BlockHints) => boolean {
  return ({ summary }) => dictionary(summary).texts().some(verdict);
}

function onMask(
  leaf: Term,
  values: number,
  probeOf: (value: number) => Probe,
  mask: (summary: Summary) => number,
): (glance: BlockHints) => boolean {
  const test = probeTest(leaf);
  let matching = 0;
  for (let value = 0; value < values; value++) if (test(probeOf(value))) matching |= 1 << value;
  return ({ summary }) => (mask(summary) & matching) !== 0;
}

/** Only a range can rule out times: the ends of a block say nothing of how the times between them read. */
function onTimes(leaf: Term, times: (summary: Summary) => readonly [number, number]): (glance: BlockHints) => boolean {
  if (leaf.kind !== 'range') return () => true;
  const { min: _min, excludeMin: _excludeMin, ...above } = leaf;
  const { max: _max, excludeMax: _excludeMax, ...below } = leaf;
  const startsInTime = rangeTest(above);
  const endsInTime = rangeTest(below);
  return ({ summary }) => {
    const [low, high] = times(summary);
    return !(low <= high) || (startsInTime(low) && endsInTime(high));
  };
}

function onSource(leaf: Term): ((glance: BlockHints) => boolean) | undefined {
  const source = { ip: '', port: 0, transport: 'udp', listener: '' } as const;
  switch (leaf.field) {
    case 'source.transport':
      return onMask(
        leaf,
        TRANSPORTS.length,
        (code) => ({ source: { ...source, transport: TRANSPORTS[code]! } }),
        (summary) => summary.ranges.transports,
      );
    case 'source.listener':
      return onDictionary(
        textVerdict(leaf, (listener) => ({ source: { ...source, listener } })),
        (summary) => summary.listeners,
      );
    case 'flags': {
      // Each row has some set of the block's flags: none may match only where a single one, or none at all, does.
      const test = probeTest(leaf);
      if (test({ flags: [] })) return () => true;
      return ({ summary }) => flagsOf(summary.ranges.flags).some((flag) => test({ flags: [flag] }));
    }
    default:
      return undefined;
  }
}
