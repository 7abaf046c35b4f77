import { hostname } from 'node:os';
import { CordwoodError } from '../base/errors.ts';
import { unknownName } from '../base/text/nearest.ts';
import { version } from '../base/version.ts';
import type { StoreState } from '../store/contract.ts';
import { backtest } from './backtest.ts';
import type { AlertService, RuleRow, ShownDelivery } from './contract.ts';
import { type Delivery, type DeliveryRow, deliveries, outboxStatus, post, retryAll } from './delivery/outbox.ts';
import { mute, mutedUntil, silence, silencedUntil } from './delivery/silencing.ts';
import { DailyDigest, type DigestOptions } from './digest/daily.ts';
import { RULE_PREFIX, ruleKey, type RuleState } from './evaluate/rule-state.ts';
import { overdueTicks } from './evaluate/overdue.ts';
import type { AlertWorld } from './evaluate/world.ts';
import type { Incident } from './notices/incident.ts';
import type { Notice } from './notices/notice.ts';
import { judgeOf } from './registry.ts';
import type { Rule } from './rules/schemas.ts';
import { SILENT_RELAYS } from './away-relays.ts';
import { SILENT_HOSTS } from './silent-hosts.ts';

/** Rules that no configuration has. */
const BUILT_IN: readonly string[] = [SILENT_HOSTS, SILENT_RELAYS];
import { textBody } from './wording/body.ts';
import { wordingOf } from './wording/wording.ts';

export type AlertServiceOptions = {
  readonly world: AlertWorld;
  readonly rules: () => readonly Rule[];
  readonly maxPerHour: () => number;
  /** The address of the web page, for links in the texts of mails. */
  readonly page?: () => string | undefined;
  /** Absent if digests are not available here. */
  readonly digest?: () => DigestOptions;
  /** Returns an empty state that nothing else uses, for backtests. */
  readonly scratch: () => StoreState;
};

/** Answers from and changes the state of alerts, beside the process that judges the rules. */
export function createAlertService(options: AlertServiceOptions): AlertService {
  const { world, rules, maxPerHour, page, digest, scratch } = options;
  const { state } = world;
  const daily = (): DailyDigest => {
    if (digest) return new DailyDigest(world, rules(), digest(), () => {});
    throw new CordwoodError('ERR_USAGE', 'cannot write a digest: digests are not available here');
  };
  return {
    list: async () => {
      const waiting = (await deliveries(state)).filter((delivery) => delivery.state === 'waiting');
      return Promise.all(rules().map((rule) => rowOf(rule, waiting, world)));
    },
    outbox: async () => outboxStatus(await deliveries(state), world.now()),
    overdue: overdueTicks(rules, world),
    retry: () => retryAll(state),
    digest: async () => textOf(await daily().draft(), page?.()),
    sendDigest: async () => {
      const notice = await daily().draft();
      if (notice.to.length === 0) {
        const reason = 'digest: in the configuration has no recipients; name them under to:';
        throw new CordwoodError('ERR_USAGE', `cannot send the digest: ${reason}`);
      }
      await post(state, notice);
      return notice.to;
    },
    deliveries: async (name) => {
      const all = (await deliveries(state)).map(({ nextAt: _, ...delivery }) => delivery);
      const found = all.filter(({ notice }) => notice.rule === name || notice.incident.id === name);
      return found.sort((a, b) => a.notice.at - b.notice.at).map((one) => shown(one, page?.()));
    },
    muted: () => mutedUntil(world),
    acknowledge: async (id, note) => {
      const acknowledged = { at: world.now(), ...(note !== undefined && { note }) };
      await changeIncident(state, id, (incident) => ({ ...incident, acknowledged }));
    },
    resolve: (id) => changeIncident(state, id, () => undefined),
    silence: async (rule, ms) => silence(world, BUILT_IN.includes(rule) ? rule : ruleOf(rules(), rule).name, ms),
    mute: (ms) => mute(world, ms),
    async *test(name, given) {
      const rule = ruleOf(rules(), name);
      const rows = backtest(rule, { ...world, state: scratch() }, { ...given, maxPerHour: maxPerHour() });
      for await (const row of rows) yield 'notice' in row ? shown(row, page?.()) : row;
    },
  };
}

/** @throws CordwoodError ERR_USAGE if there is no rule of this name */
function ruleOf(rules: readonly Rule[], name: string): Rule {
  const rule = rules.find((one) => one.name === name);
  if (rule) return rule;
  const names = rules.map((one) => one.name);
  throw unknownName('rule', name, names);
}

function shown(delivery: DeliveryRow, page: string | undefined): ShownDelivery {
  return { ...delivery, ...textOf(delivery.notice, page) };
}

/** A notice as the recipient of a mail sees it. */
function textOf(notice: Notice, page: string | undefined): { readonly subject: string; readonly text: string } {
  const wording = wordingOf(notice, page);
  const footer = { server: hostname(), version: version() };
  return { subject: wording.subject, text: textBody(notice, wording, footer) };
}

async function rowOf(rule: Rule, waiting: readonly Delivery[], world: AlertWorld): Promise<RuleRow> {
  const known = (await world.state.get(ruleKey(rule.name)))?.value as RuleState | undefined;
  const until = await silencedUntil(world, rule.name);
  const own = waiting.filter(({ notice }) => notice.rule === rule.name);
  const failure = own.find((delivery) => delivery.failure !== undefined)?.failure;
  return {
    rule: rule.name,
    kind: rule.kind,
    condition: (await judgeOf(rule)).condition,
    query: rule.query,
    by: rule.by,
    schedule: rule.schedule,
    ...(known && { tick: known.tick }),
    ...(known?.incident && { incident: known.incident }),
    ...(until !== undefined && { silencedUntil: until }),
    waiting: own.length + (known?.pending.length ?? 0),
    ...(failure !== undefined && { failure }),
  };
}

/** Changes the incident with this id; removes it if `change` returns undefined. */
async function changeIncident(
  state: StoreState,
  id: string,
  change: (incident: Incident) => Incident | undefined,
): Promise<void> {
  for (;;) {
    const all = await state.scan(RULE_PREFIX);
    const entry = all.find(({ value }) => (value as RuleState).incident?.id === id);
    if (!entry) {
      const ids = all.flatMap(({ value }) => (value as RuleState).incident?.id ?? []);
      throw unknownName('open incident', id, ids);
    }
    const { incident, ...rest } = entry.value as RuleState;
    const next = change(incident!);
    if (await state.put(entry.key, { ...rest, ...(next && { incident: next }) }, entry.revision)) return;
  }
}
