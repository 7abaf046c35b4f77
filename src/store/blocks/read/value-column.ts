import { FIELD_NAMES, type FieldName } from '../../../model/filter.ts';
import { FORMATS, flagsOf, type LogMessage, type Source } from '../../../model/message.ts';
import { SEVERITIES } from '../../../model/priority.ts';
import type { Block } from '../format/block.ts';
import { COLUMN } from '../format/format.ts';

/** A message that has only the fields that one column decides. */
export type Probe = Partial<LogMessage>;

/** A dictionary-encoded column: a decision about one value holds for all places with that value. */
export type ValueColumn = {
  /** For each value, a message that has only that value. */
  readonly probes: readonly Probe[];
  /** Place → number of its value. */
  readonly ids: () => Uint16Array;
  /** Row → number of its value, if it is known without the places. */
  readonly rowIds?: () => Uint16Array;
};

/** The column that alone decides a field; undefined if a field needs more than one column. */
export function valueColumnOf(field: string): ((block: Block) => ValueColumn) | undefined {
  return (FIELD_NAMES as readonly string[]).includes(field) ? COLUMNS_OF_FIELDS[field as FieldName] : undefined;
}

const COLUMNS_OF_FIELDS: Readonly<Partial<Record<FieldName, (block: Block) => ValueColumn>>> = {
  facility: byPriority,
  severity: byPriority,
  level: byPriority,
  appname: byApp,
  hostname: (block) => ({
    probes: block.summary.hosts.texts().map((hostname) => (hostname === undefined ? {} : { hostname })),
    ids: () => block.ids(COLUMN.host),
  }),
  procid: (block) => ({
    probes: block
      .dictionary(COLUMN.procids)
      .texts()
      .map((procid) => (procid === undefined ? {} : { procid })),
    ids: () => block.ids(COLUMN.procid),
  }),
  msgid: (block) => ({
    probes: block
      .dictionary(COLUMN.msgids)
      .texts()
      .map((msgid) => (msgid === undefined ? {} : { msgid })),
    ids: () => block.ids(COLUMN.msgid),
  }),
  'source.ip': bySource,
  'source.port': bySource,
  'source.transport': bySource,
  'source.listener': bySource,
  'source.peer_cn': bySource,
  stream: (block) => oneValue(block, { stream: block.stream }),
  format: byNumber(COLUMN.format, (code) => ({ format: FORMATS[code]! })),
  version: byNumber(COLUMN.version, (version) => (version > 0 ? { version } : {})),
  length: byNumber(COLUMN.originalLength, (length) => (length > 0 ? { length } : {})),
  flags: byNumber(COLUMN.flags, (bits) => ({ flags: flagsOf(bits) })),
};

/** The probe of a priority: facility, severity and level. */
export function priorityProbe(priority: number): Probe {
  const severity = priority & 7;
  return { facility: priority >> 3, severity, level: SEVERITIES[severity]! };
}

const PRIORITY_PROBES = Array.from({ length: 256 }, (_, priority) => priorityProbe(priority));

function byPriority(block: Block): ValueColumn {
  return byKind(
    block,
    Array.from(block.kinds.priority, (priority) => PRIORITY_PROBES[priority]!),
  );
}

function byApp(block: Block): ValueColumn {
  const names = block.summary.apps;
  const probes = Array.from(block.kinds.app, (app) => {
    const appname = names.text(app);
    return appname === undefined ? {} : { appname };
  });
  return byKind(block, probes);
}

function byKind(block: Block, probes: readonly Probe[]): ValueColumn {
  return { probes, ids: () => block.kindsByPlace, rowIds: () => block.ids(COLUMN.kind) };
}

function oneValue(block: Block, probe: Probe): ValueColumn {
  const ids = (): Uint16Array => new Uint16Array(block.count);
  return { probes: [probe], ids, rowIds: ids };
}

function bySource(block: Block): ValueColumn {
  return { probes: block.sources.map((source: Source) => ({ source })), ids: () => block.ids(COLUMN.source) };
}

function byNumber(column: number, probe: (value: number) => Probe): (block: Block) => ValueColumn {
  return (block) => {
    const { constant } = block.numbers(column);
    if (constant !== undefined) return oneValue(block, probe(constant));
    const known = new Map<number, number>();
    const ids = Uint16Array.from(block.numbers(column).all(), (value) => {
      const id = known.get(value) ?? known.size;
      if (id === known.size) known.set(value, id);
      return id;
    });
    return { probes: [...known.keys()].map(probe), ids: () => ids };
  };
}
