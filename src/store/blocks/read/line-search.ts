import { LINE, type TermFilter } from '../../../model/filter.ts';
import { compile, type TextFilter } from '../../../model/matches.ts';
import type { LinePattern } from '../../../model/pattern.ts';
import { readFields } from '../../../model/field-texts.ts';
import { structuredKeys } from '../../../model/structured-object.ts';
import type { Block } from '../format/block.ts';
import type { Dictionary } from '../format/dictionary.ts';
import { COLUMN, TEXT } from '../format/format.ts';
import type { BlockSummary } from '../format/summary.ts';
import { hashOf, isFiltered, type StoredTokens } from '../format/token-filter.ts';
import { MIN_NEEDLE } from './memory-search.ts';
import { linePatternOf, messageSelector, needleOf } from './message-search.ts';
import type { Range, Selector } from './selector.ts';
import { textCandidates } from './text-candidates.ts';
import { TextFinder } from './text-finder.ts';
import { placeAt, type Spans, textIn } from '../format/spans.ts';
import type { TemplateProbe } from '../format/block-texts.ts';
import { templateProbe } from './template-probe.ts';
import { costOf, probeTest, requiredTokens, textVerdict } from './terms.ts';
import type { Probe } from './value-column.ts';

const LINE_COST = 15;
const ROW_COST = 30;
const NOT_ASCII = /[^\0-\x7f]/;
/** Characters that JSON or structured data write with a backslash. */
const ESCAPED = /[\0-\x1f"\\\]\x7f]/;
/** Characters beyond ASCII that fold to an ASCII letter: ſ folds to s, the Kelvin sign to k. */
const FOLDED_TO_ASCII = ['\u017f', '\u212a'].map((character) => Buffer.from(character));

/** The texts that may have a needle, see `BlockTexts.candidates`. */
type Candidates = Spans | 'none' | 'all';
type OtherText = { readonly text: number; readonly probeOf: (text: string) => Probe };

const OTHER_TEXTS = {
  structuredData: {
    text: TEXT.structuredData,
    probeOf: structuredKeys,
  },
  fields: { text: TEXT.fields, probeOf: (text) => ({ fields: readFields(text) }) },
} as const satisfies Record<string, OtherText>;

/** A term on `LINE`. @throws PatternError for a pattern that is not RE2 syntax */
export function lineSelector(term: TermFilter): Selector {
  if (term.kind === 'exists') return { cost: 0, apply: () => {} };
  if (term.kind === 'range') return rowSelector(term);
  const search = new LineSearch(term);
  return {
    cost: costOf(term, LINE_COST),
    apply: (block, mask, range) => search.apply(block, mask, range),
    total: (block) => search.total(block),
  };
}

/** As `pruner`, for a term on `LINE`. */
export function linePruner(
  term: TermFilter,
): (hints: { readonly summary: BlockSummary; readonly tokens: StoredTokens | undefined }) => boolean {
  if (term.kind === 'exists' || term.kind === 'range') return () => true;
  const hashes = hashesOf(term);
  if (hashes.length === 0 || mayBeDecimal(term)) return () => true;
  const verdict = verdictOf(term);
  const needle = new NeedleBytes(needleOf(term).text);
  const inNames = (names: Dictionary): boolean => needle.mayBeIn(names.all) && names.texts().some(verdict);
  return ({ summary, tokens }) => {
    if (!tokens || !summary.ranges.lineTokens || hashes.every((hash) => tokens.mayHold(hash))) return true;
    return needle.mayBeIn(summary.names) && (inNames(summary.hosts) || inNames(summary.apps));
  };
}

/** Whether a number can match: filters leave out process ids of digits only. */
function mayBeDecimal(term: TextFilter): boolean {
  return /^\d*$/.test(needleOf(term).text);
}

function hashesOf(term: TextFilter): number[] {
  return requiredTokens(term).filter(isFiltered).map(hashOf);
}

/** The verdict on one value; an absent one does not match. */
function verdictOf(term: TextFilter): (text: string | undefined) => boolean {
  return textVerdict({ ...term, field: 'hostname' }, (hostname) => ({ hostname }));
}

function rowSelector(term: TermFilter): Selector {
  const matches = compile(term);
  return {
    cost: ROW_COST,
    apply(block, mask) {
      for (let row = 0; row < block.count; row++) {
        const place = block.places[row]!;
        if (mask[place] === 1 && !matches(block.message(row))) mask[place] = 0;
      }
    },
  };
}

/** Rules out bytes that cannot hold a needle. */
class NeedleBytes {
  /** Undefined if the needle is empty or not ASCII: then bytes rule nothing out. */
  readonly finder: TextFinder | undefined;
  readonly #hasAlike: boolean;
  readonly #pattern: LinePattern | undefined;
  /** Tells which templates may have the needle; escapes before and after it are no ends of tokens. */
  readonly probe: TemplateProbe | undefined;

  /** @param isPlain whether values are stored as they are */
  constructor(text: string, isPlain = false, pattern?: LinePattern) {
    this.#pattern = pattern?.asserts ? undefined : pattern;
    this.finder = text === '' || NOT_ASCII.test(text) ? undefined : new TextFinder(text);
    this.#hasAlike = /[sk]/.test(text);
    const probe = this.finder && isPlain ? templateProbe({ text, wholeStart: false, wholeEnd: false }) : undefined;
    const within = (bytes: Buffer): boolean => this.mayBeIn(bytes);
    this.probe = probe && { ...probe, within, ...(this.#hasAlike && { alike: FOLDED_TO_ASCII }) };
  }

  /** False if no value within these bytes contains the needle. */
  mayBeIn(bytes: Buffer): boolean {
    return !this.finder || this.finder.find(bytes, 0) >= 0 || this.hasAlike(bytes);
  }

  /** As `mayBeIn`, for names side by side: one that matches a pattern does so among others, too. */
  mayBeInNames(bytes: Buffer): boolean {
    if (!this.mayBeIn(bytes)) return false;
    if (this.finder || !this.#pattern) return true;
    const text = bytes.toString('latin1');
    return NOT_ASCII.test(text) || text.search(this.#pattern.regexp) >= 0;
  }

  /** Whether characters beyond ASCII may stand for the needle's letters. */
  hasAlike(bytes: Buffer): boolean {
    return this.#hasAlike && FOLDED_TO_ASCII.some((alike) => bytes.includes(alike));
  }
}

/** Looks in every part of a block that may hold what the term wants, the cheap parts first. */
class LineSearch {
  readonly #hashes: readonly number[];
  readonly #mayBeDecimal: boolean;
  readonly #verdict: (text: string | undefined) => boolean;
  readonly #message: Selector;
  readonly #others: (probe: Probe) => boolean;
  readonly #needle: NeedleBytes;
  /** Whether structured data and fields contain the needle as it is. */
  readonly #plain: boolean;
  readonly #pattern: LinePattern | undefined;

  constructor(term: TextFilter) {
    const { text } = needleOf(term);
    this.#hashes = hashesOf(term);
    this.#mayBeDecimal = mayBeDecimal(term);
    this.#verdict = verdictOf(term);
    this.#message = messageSelector({ ...term, field: 'message' });
    this.#others = probeTest({ ...term, field: LINE });
    this.#pattern = text.length < MIN_NEEDLE ? linePatternOf(term) : undefined;
    this.#plain = !ESCAPED.test(text);
    this.#needle = new NeedleBytes(text, this.#plain, this.#pattern);
  }

  apply(block: Block, mask: Uint8Array, range: Range): void {
    if (!this.#markOthers(block, undefined, undefined)) {
      if (this.#mayHold(block)) this.#message.apply(block, mask, range);
      else mask.fill(0);
      return;
    }
    const found = new Uint8Array(mask.length);
    this.#markOthers(block, mask, found);
    const open = new Uint8Array(mask.length);
    let left = 0;
    for (let place = 0; place < mask.length; place++) {
      found[place]! &= mask[place]!;
      open[place] = mask[place]! & (found[place]! ^ 1);
      left += open[place]!;
    }
    if (left > 0 && this.#mayHold(block)) {
      this.#message.apply(block, open, range);
      for (let place = 0; place < mask.length; place++) found[place]! |= open[place]!;
    }
    mask.set(found);
  }

  /** The number of matching rows, if only texts of messages match and can be counted as they lie. */
  total(block: Block): number | undefined {
    if (!this.#message.total || this.#markOthers(block, undefined, undefined)) return undefined;
    return this.#mayHold(block) ? this.#message.total(block) : 0;
  }

  /** Whether the token filter lets a message match. */
  #mayHold(block: Block): boolean {
    return this.#hashes.length === 0 || this.#hashes.every((hash) => block.tokens.mayHold(hash));
  }

  /**
   * Marks the places of which another value than the message matches, at least among those of the
   * mask. @returns whether there may be any
   */
  #markOthers(block: Block, mask: Uint8Array | undefined, found: Uint8Array | undefined): boolean {
    const { summary } = block;
    const { lineTokens, decimalProcids } = summary.ranges;
    const held = !lineTokens || this.#mayHold(block);
    const named = this.#needle.mayBeInNames(summary.names);
    const marks = [
      named && this.#markEntries(summary.hosts, () => block.ids(COLUMN.host), found),
      named && this.#markApps(block, found),
      (this.#mayBeDecimal || (held && !decimalProcids)) &&
        this.#markEntries(block.dictionary(COLUMN.procids), () => block.ids(COLUMN.procid), found),
      (this.#mayBeDecimal || held) &&
        this.#markEntries(block.dictionary(COLUMN.msgids), () => block.ids(COLUMN.msgid), found),
      held && this.#markTexts(block, OTHER_TEXTS.structuredData, mask, found),
      held && this.#markTexts(block, OTHER_TEXTS.fields, mask, found),
    ];
    return marks.includes(true);
  }

  #markEntries(dictionary: Dictionary, idsOf: () => Uint16Array, found: Uint8Array | undefined): boolean {
    if (!this.#needle.mayBeInNames(dictionary.all)) return false;
    const verdicts = Uint8Array.from(dictionary.texts(), (text) => (this.#verdict(text) ? 1 : 0));
    if (!verdicts.includes(1)) return false;
    if (found) {
      const ids = idsOf();
      for (let place = 0; place < found.length; place++) found[place]! |= verdicts[ids[place]!]!;
    }
    return true;
  }

  #markApps(block: Block, found: Uint8Array | undefined): boolean {
    const { apps } = block.summary;
    if (!this.#needle.mayBeInNames(apps.all) || !apps.texts().some(this.#verdict)) return false;
    if (found) {
      const verdicts = Uint8Array.from(block.kinds.app, (app) => (this.#verdict(apps.text(app)) ? 1 : 0));
      const kinds = block.kindsByPlace;
      for (let place = 0; place < found.length; place++) found[place]! |= verdicts[kinds[place]!]!;
    }
    return true;
  }

  /** Reads rows of which the text has the needle, or all rows if its bytes do not decide. */
  #markTexts(
    block: Block,
    { text, probeOf }: OtherText,
    mask: Uint8Array | undefined,
    found: Uint8Array | undefined,
  ): boolean {
    if (block.numbers(COLUMN.messageLength + text).constant === 0) return false;
    const probe = this.#needle.probe;
    const kept = probe ? block.kept(probe, () => new Map<number, Candidates>()) : undefined;
    const known = kept?.get(text) ?? (probe ? block.texts.candidates(text, probe) : 'all');
    kept?.set(text, known);
    if (known === 'none') return false;
    const bytes = known === 'all' ? block.bytes(text) : known.bytes;
    if (this.#plain && !this.#needle.mayBeIn(bytes)) return false;
    const places = known === 'all' && this.#pattern ? textCandidates(block, text, this.#pattern) : undefined;
    if (places?.length === 0) return false;
    if (!found || !mask) return true;
    const finder = this.#plain && !this.#needle.hasAlike(bytes) ? this.#needle.finder : undefined;
    const spans = known === 'all' ? block.spans(text) : known;
    const test = (place: number): void => {
      if (mask[place] === 1 && found[place] === 0 && this.#others(probeOf(textIn(spans, place)))) found[place] = 1;
    };
    if (places) places.forEach(test);
    else if (finder) {
      let place = 0;
      for (let hit = finder.find(bytes, 0); hit >= 0; ) {
        place = placeAt(spans, hit, place);
        test(place);
        hit = finder.find(bytes, Math.max(hit + 1, spans.starts[place]! + spans.lengths[place]!));
      }
    } else for (let place = 0; place < mask.length; place++) if (spans.lengths[place]! >= 0) test(place);
    return true;
  }
}
