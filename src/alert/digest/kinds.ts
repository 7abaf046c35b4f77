import type { Stretch } from '../../hosts/contract.ts';
import { neverAborted } from '../../base/abort.ts';
import type { Query } from '../../model/query.ts';
import { parseQuery } from '../../query/index.ts';
import { type StoredTemplates, Templates } from '../evaluate/templates.ts';
import type { AlertWorld } from '../evaluate/world.ts';
import type { NewKind } from '../notices/digest-report.ts';

/** Messages that one digest reads. */
const MAX_MESSAGES = 200_000;
/** Characters that all kinds may take in the state; beyond this, nothing more is learned. */
const MAX_STORED = 4 << 20;
/** Characters of a kind that are shown. */
const MAX_SHOWN = 160;

export type Kinds = {
  /** Kinds that were not known, most frequent first. */
  readonly fresh: readonly NewKind[];
  /** The kinds that are known from now on, and their number. */
  readonly stored: StoredTemplates;
  readonly known: number;
  /** Whether there were more messages than were read. */
  readonly cut: boolean;
};

/** Kinds of messages that match a query in a stretch of time and are not among the known ones. */
export async function newKinds(
  world: AlertWorld,
  query: string,
  { window, known }: { readonly window: Stretch; readonly known: StoredTemplates },
): Promise<Kinds> {
  const templates = new Templates(known);
  const names = new Set(keysOf(known));
  const counts = new Map<string, NewKind>();
  const wanted: Query = {
    filter: parseQuery(query, { now: 0 }),
    since: window.from,
    until: window.to,
    upTo: world.visible(),
    order: 'oldest',
    limit: MAX_MESSAGES,
  };
  let seen = 0;
  for await (const chunk of world.store.find(wanted, neverAborted())) {
    seen += chunk.length;
    for (const { appname: program = '', message } of chunk) {
      const template = templates.nameOf(program, message);
      const key = JSON.stringify([program, template]);
      if (template === undefined || names.has(key)) continue;
      const count = (counts.get(key)?.count ?? 0) + 1;
      counts.set(key, { program, template: template.slice(0, MAX_SHOWN), count });
    }
  }
  const learned = templates.stored();
  const stored = JSON.stringify(learned).length > MAX_STORED ? known : learned;
  return {
    fresh: [...counts.values()].sort((a, b) => b.count - a.count),
    stored,
    known: keysOf(stored).length,
    cut: seen >= MAX_MESSAGES,
  };
}

function keysOf(stored: StoredTemplates): string[] {
  return stored.flatMap(([program, templates]) => templates.map(([name]) => JSON.stringify([program, name])));
}
