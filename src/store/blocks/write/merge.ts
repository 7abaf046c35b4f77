import { ABSENT, MessageBatch, SPAN } from '../../../model/batch.ts';
import { Block } from '../format/block.ts';
import type { BlockParts, EncodedBlock } from '../contract.ts';
import type { Dictionary } from '../format/dictionary.ts';
import { COLUMN, MAX_ROWS, TEXT_SPANS } from '../format/format.ts';
import type { BlockRows } from './layout.ts';

/**
 * The rows of blocks of one stream as one batch, block after block, for encoding. @throws
 * RangeError beyond `maxRows`
 */
export function rowsOf(encoded: readonly EncodedBlock[], maxRows = MAX_ROWS): BlockRows {
  const blocks = encoded.map((block) => new Block(partsOf(block, '')));
  const count = blocks.reduce((sum, block) => sum + block.count, 0);
  if (count > maxRows) throw new RangeError(`cannot merge ${count} rows into a block: ${maxRows} fit`);
  const batch = new MessageBatch(
    count,
    blocks.reduce((sum, block) => sum + sizeOf(block), 0),
  );
  const nodes = new Uint16Array(count);
  for (const block of blocks) {
    nodes.set(block.ids(COLUMN.node), batch.count);
    append(block, batch);
    block.release();
  }
  return { batch, rows: Uint32Array.from({ length: count }, (_, row) => row), nodes };
}

/** An encoded block in the form in which searches read blocks. */
export function partsOf(block: EncodedBlock, stream: string): BlockParts {
  return {
    stream,
    summary: block.summary,
    tokens: () => block.tokens,
    columns: () => block.columns,
    text: () => block.text,
  };
}

function sizeOf(block: Block): number {
  const { hosts, apps } = block.summary;
  const dictionaries = [hosts, apps, block.dictionary(COLUMN.procids), block.dictionary(COLUMN.msgids)];
  const texts = TEXT_SPANS.map((_, text) => block.spans(text).bytes.length);
  return [...dictionaries.map(({ all }) => all.length), ...texts].reduce((sum, bytes) => sum + bytes, 0);
}

/** Copies all bytes of a block, and points the spans of its rows at them. */
function append(block: Block, batch: MessageBatch): void {
  const from = batch.count;
  const firstSource = batch.sources.push(...block.sources) - block.sources.length;
  const { places } = block;
  const sources = block.ids(COLUMN.source);
  for (let row = 0; row < block.count; row++) block.begin(batch, row, firstSource + sources[places[row]!]!);
  const { hosts, apps } = block.summary;
  const kindOf = block.ids(COLUMN.kind);
  const { app } = block.kinds;
  pointAtEntries(
    batch,
    from,
    SPAN.appname,
    apps,
    kindOf.map((kind) => app[kind]!),
  );
  const columns = [
    { span: SPAN.hostname, dictionary: hosts, column: COLUMN.host },
    { span: SPAN.procid, dictionary: block.dictionary(COLUMN.procids), column: COLUMN.procid },
    { span: SPAN.msgid, dictionary: block.dictionary(COLUMN.msgids), column: COLUMN.msgid },
  ];
  for (const { span, dictionary, column } of columns) {
    const ids = block.ids(column);
    pointAtEntries(
      batch,
      from,
      span,
      dictionary,
      places.map((place) => ids[place]!),
    );
  }
  for (const [text, span] of TEXT_SPANS.entries()) {
    const { bytes, starts, lengths } = block.spans(text);
    const offset = batch.put(bytes);
    for (let row = 0; row < block.count; row++) {
      const place = places[row]!;
      if (lengths[place] !== ABSENT) batch.setSpan(from + row, span, offset + starts[place]!, lengths[place]!);
    }
  }
}

/** Points a span of the rows from `from` on at the entries of a dictionary, by their ids. */
function pointAtEntries(
  batch: MessageBatch,
  from: number,
  span: number,
  dictionary: Dictionary,
  ids: Uint16Array,
): void {
  const offset = batch.put(dictionary.all);
  for (let row = 0; row < ids.length; row++) {
    const [start, length] = dictionary.locate(ids[row]!);
    batch.setSpan(from + row, span, offset + start, length);
  }
}
