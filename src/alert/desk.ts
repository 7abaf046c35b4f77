import { hostname } from 'node:os';
import { CordwoodError } from '../base/errors.ts';
import { version } from '../base/version.ts';
import { textBody } from './wording/body.ts';
import { wordingOf } from './wording/wording.ts';
import { judgeOf } from './alerting.ts';
import { backtest } from './evaluate/backtest.ts';
import type { AlertDesk, AlertWorld, Incident, LetterRow, Notice, Rule, RuleRow, ShownLetter } from './contract.ts';
import type { RuleState } from './evaluate/evaluate.ts';
import { createClockDesk, shownHosts } from '../hosts/clock-desk.ts';
import { DailyDigest, type DigestOptions } from './digest/daily.ts';
import { ORDERS, type Order, SILENT_HOSTS, storedHosts } from '../hosts/host-watch.ts';
import { letters, post, retryAll, unsent } from './delivery/outbox.ts';
import { unknown } from './unknown.ts';
import type { StoreState } from '../store/contract.ts';

export type DeskOptions = {
  readonly world: AlertWorld;
  readonly rules: () => readonly Rule[];
  readonly maxPerHour: () => number;
  /** Absent where nobody writes one. */
  readonly digest?: () => DigestOptions;
  /** An empty state that nobody else has, for backtests. */
  readonly scratch: () => StoreState;
};

type Until = { readonly until: number };

/** Answers and changes what the state holds of alerts, beside whoever judges them. */
export function createDesk({ world, rules, maxPerHour, digest, scratch }: DeskOptions): AlertDesk {
  const { state } = world;
  const ruleOf = (name: string): Rule => {
    const rule = rules().find((one) => one.name === name);
    if (rule) return rule;
    throw unknown(
      'rule',
      name,
      rules().map((one) => one.name),
    );
  };
  const daily = (): DailyDigest => {
    if (digest) return new DailyDigest(world, rules(), digest(), () => {});
    throw new CordwoodError('ERR_USAGE', 'cannot write a digest: nobody does so here');
  };
  return {
    list: async () => {
      const waiting = (await letters(state)).map(({ letter }) => letter).filter((one) => one.state === 'waiting');
      return Promise.all(rules().map((rule) => rowOf(rule, waiting, world)));
    },
    outbox: async () =>
      unsent(
        (await letters(state)).map(({ letter }) => letter),
        world.now(),
      ),
    retry: () => retryAll(state),
    digest: async () => shownNotice(await daily().draft()),
    sendDigest: async () => {
      const notice = await daily().draft();
      if (notice.to.length > 0) await post(state, notice);
      else
        throw new CordwoodError(
          'ERR_USAGE',
          'cannot send the digest: digest: of the configuration names nobody in to:',
        );
      return notice.to;
    },
    letters: async (name) => {
      const all = (await letters(state)).map(({ letter: { nextAt: _, ...letter } }) => letter);
      const found = all.filter(({ notice }) => notice.rule === name || notice.incident.id === name);
      return found.sort((a, b) => a.notice.at - b.notice.at).map(shown);
    },
    muted: () => untilOf(world, 'mute'),
    acknowledge: async (id, note) => {
      const acknowledged = { at: world.now(), ...(note !== undefined && { note }) };
      await changeIncident(state, id, (incident) => ({ ...incident, acknowledged }));
    },
    resolve: (id) => changeIncident(state, id, () => undefined),
    silence: async (rule, ms) => setUntil(world, `silence/${rule === SILENT_HOSTS ? rule : ruleOf(rule).name}`, ms),
    mute: (ms) => setUntil(world, 'mute', ms),
    hosts: () => shownHosts(world),
    ...createClockDesk(world),
    expectHosts: (expect) => order(state, { expect }),
    retireHost: async (retire) => {
      const hosts = await storedHosts(state);
      if (!hosts.some(({ host }) => host === retire))
        throw unknown('host', retire, hosts.map(({ host }) => host).slice(0, 20));
      await order(state, { retire });
    },
    async *test(name, options) {
      const rule = ruleOf(name);
      const rows = backtest(rule, { ...world, state: scratch() }, { ...options, maxPerHour: maxPerHour() });
      for await (const row of rows) yield 'notice' in row ? shown(row) : row;
    },
  };
}

/** As whoever reads their mail sees it. */
function shown(letter: LetterRow): ShownLetter {
  return { ...letter, ...shownNotice(letter.notice) };
}

function shownNotice(notice: Notice): { readonly subject: string; readonly text: string } {
  const wording = wordingOf(notice);
  const footer = { server: hostname(), version: version() };
  return { subject: wording.subject, text: textBody(notice, wording, footer) };
}

async function rowOf(rule: Rule, waiting: readonly LetterRow[], world: AlertWorld): Promise<RuleRow> {
  const known = (await world.state.get(`rule/${rule.name}`))?.value as RuleState | undefined;
  const silencedUntil = await untilOf(world, `silence/${rule.name}`);
  const mine = waiting.filter(({ notice }) => notice.rule === rule.name);
  const failure = mine.find((letter) => letter.failure !== undefined)?.failure;
  return {
    rule: rule.name,
    kind: rule.kind,
    condition: (await judgeOf(rule)).condition,
    schedule: rule.schedule,
    ...(known && { tick: known.tick }),
    ...(known?.incident && { incident: known.incident }),
    ...(silencedUntil !== undefined && { silencedUntil }),
    waiting: mine.length + (known?.pending.length ?? 0),
    ...(failure !== undefined && { failure }),
  };
}

async function untilOf({ state, now }: AlertWorld, key: string): Promise<number | undefined> {
  const until = ((await state.get(key))?.value as Until | undefined)?.until ?? 0;
  return until > now() ? until : undefined;
}

async function setUntil({ state, now }: AlertWorld, key: string, ms: number): Promise<void> {
  for (;;) {
    const entry = await state.get(key);
    const value: Until | undefined = ms > 0 ? { until: now() + ms } : undefined;
    if (!entry && !value) return;
    if (await state.put(key, value, entry?.revision ?? 0)) return;
  }
}

/** What the keeper of the ledger does at its next look. */
async function order(state: StoreState, what: Order): Promise<void> {
  for (;;) {
    const entry = await state.get(ORDERS);
    const orders = [...((entry?.value as Order[] | undefined) ?? []), what];
    if (await state.put(ORDERS, orders, entry?.revision ?? 0)) return;
  }
}

/** Changes the incident of this id; undefined takes it away. */
async function changeIncident(
  state: StoreState,
  id: string,
  change: (incident: Incident) => Incident | undefined,
): Promise<void> {
  for (;;) {
    const entries = await state.scan('rule/');
    const entry = entries.find(({ value }) => (value as RuleState).incident?.id === id);
    if (!entry) {
      const ids = entries.flatMap(({ value }) => (value as RuleState).incident?.id ?? []);
      throw unknown('open incident', id, ids);
    }
    const { incident, ...rest } = entry.value as RuleState;
    const next = change(incident!);
    if (await state.put(entry.key, { ...rest, ...(next && { incident: next }) }, entry.revision)) return;
  }
}
