import { setTimeout as sleep } from 'node:timers/promises';
import type { Gap } from '../../account/contract.ts';
import type { OutboxStatus, RuleRow } from '../../alert/contract.ts';
import type { NodeRow, QuestionName, Questions, StreamsReport } from '../../ask/contract.ts';
import { type AnswerContext, answer } from '../../ask/index.ts';
import { reasonOf } from '../../base/errors.ts';
import { DAY, MINUTE, SECOND } from '../../base/units.ts';
import type { HostCensus } from '../../hosts/contract.ts';

/** What the store is asked for. */
export type Parts = {
  readonly streams: StreamsReport & { readonly damaged?: number };
  readonly alerts: { readonly rules: readonly RuleRow[]; readonly outbox: OutboxStatus; readonly overdueMs: number };
  readonly gaps: readonly Gap[];
  readonly nodes: readonly NodeRow[];
  readonly hosts: HostCensus;
};
export type PartName = keyof Parts;

/** After this time the store is asked again, ms. */
const FRESH_MS = 10 * SECOND;
/** The ledger may have 20,000 hosts, and changes once a minute. */
const HOSTS_MS = MINUTE;
/** An answer is used for so many times as long; meanwhile no scrape waits for the next one. */
const USABLE = 3;
/** A scrape waits at most this long for the store, ms: then it goes without. */
const PATIENCE_MS = SECOND;

type Part<Value> = { readonly freshMs: number; readonly read: (context: AnswerContext) => Promise<Value> };

const PARTS: { readonly [Name in PartName]: Part<Parts[Name]> } = {
  streams: {
    freshMs: FRESH_MS,
    read: async (context) => {
      const [report] = await rowsOf('streams', {}, context);
      const { damaged } = context.store;
      return { ...report!, ...(damaged !== undefined && { damaged }) };
    },
  },
  alerts: {
    freshMs: FRESH_MS,
    read: async ({ alerts }) => {
      const [rules, outbox, overdueMs] = await Promise.all([alerts.list(), alerts.outbox(), alerts.overdue()]);
      return { rules, outbox, overdueMs };
    },
  },
  gaps: { freshMs: FRESH_MS, read: ({ coverage, now }) => coverage.gaps(now() - DAY, now() + 1) },
  nodes: { freshMs: FRESH_MS, read: (context) => rowsOf('nodes', {}, context) },
  hosts: { freshMs: HOSTS_MS, read: ({ hosts }) => hosts.census() },
};
export const PART_NAMES = Object.keys(PARTS) as PartName[];

async function rowsOf<Name extends QuestionName>(
  name: Name,
  params: Questions[Name]['params'],
  context: AnswerContext,
): Promise<Questions[Name]['row'][]> {
  const rows: Questions[Name]['row'][] = [];
  for await (const row of answer(name, params, context, new AbortController().signal)) {
    if (!('_cursor' in (row as object))) rows.push(row as Questions[Name]['row']);
  }
  return rows;
}

type Kept = { readonly at: number; readonly value: unknown };

/** Keeps the last answer of each part for a while, and asks for each at most once at a time. */
export class PartReader {
  readonly #context: () => AnswerContext | undefined;
  readonly #onFailure: (part: PartName, reason: string) => void;
  readonly #last = new Map<PartName, Kept>();
  readonly #asking = new Map<PartName, Promise<void>>();

  /** @param onFailure called each time the store cannot answer for a part */
  constructor(context: () => AnswerContext | undefined, onFailure: (part: PartName, reason: string) => void) {
    this.#context = context;
    this.#onFailure = onFailure;
  }

  /** The parts that the store answers for, some seconds old; those missing could not be read in time. */
  async read(): Promise<Partial<Parts>> {
    const due = PART_NAMES.filter((name) => !this.#kept(name, PARTS[name].freshMs));
    const asking = due.map((name) => this.#ask(name));
    if (due.some((name) => !this.#usable(name))) {
      const enough = new AbortController();
      const wait = sleep(PATIENCE_MS, undefined, { signal: enough.signal }).catch(() => {});
      await Promise.race([Promise.all(asking), wait]).finally(() => enough.abort());
    }
    return Object.fromEntries(
      PART_NAMES.flatMap((name) => {
        const kept = this.#usable(name);
        return kept ? [[name, kept.value]] : [];
      }),
    );
  }

  #usable(name: PartName): Kept | undefined {
    return this.#kept(name, USABLE * PARTS[name].freshMs);
  }

  /** The last answer, if it is younger than that, ms. */
  #kept(name: PartName, ms: number): Kept | undefined {
    const last = this.#last.get(name);
    return last && performance.now() - last.at < ms ? last : undefined;
  }

  #ask(name: PartName): Promise<void> {
    const running = this.#asking.get(name);
    if (running) return running;
    const asking = this.#refresh(name).finally(() => this.#asking.delete(name));
    this.#asking.set(name, asking);
    return asking;
  }

  async #refresh(name: PartName): Promise<void> {
    const context = this.#context();
    if (!context) return;
    try {
      const value = await PARTS[name].read(context);
      this.#last.set(name, { at: performance.now(), value });
    } catch (error) {
      this.#onFailure(name, reasonOf(error));
    }
  }
}
