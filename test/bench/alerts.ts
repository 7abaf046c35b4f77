import { Lab, MINUTE } from '../alert/lab.ts';
import { embedded } from '../alert/stores.ts';
import { STORM_MINUTES, STORM_RULES, stormLines } from '../alert/storms.ts';
import { threadSeconds } from './usage.ts';

/** Lines of the whole storm: `node test/bench/alerts.ts 1000000`. */
const LINES = 1_000_000;

/** `told` are the messages that its notices are about; of `new`, the first of each kind. */
export type StormCost = { readonly rule: string; readonly share: number; readonly told: number };

/**
 * What each kind of rule costs while 1,000 hosts log a million errors in ten minutes, as a share of one core; the store
 * is embedded, and what taking the lines in costs is not counted.
 */
export async function benchAlerts(lines = LINES): Promise<StormCost[]> {
  await using store = await embedded();
  const labs = STORM_RULES.map((rule) => ({
    rule: `${rule.name} (${rule.kind})`,
    cost: 0,
    lab: new Lab([rule], { store }),
  }));
  const feeder = new Lab([], { store });
  for (let minute = 1; minute <= STORM_MINUTES + 1; minute++) {
    if (minute > 1) await feeder.arrive([...stormLines(minute, lines / STORM_MINUTES)]);
    feeder.jumpTo(minute);
    for (const one of labs) {
      one.lab.follow(feeder);
      const before = threadSeconds();
      await one.lab.round();
      one.cost += threadSeconds() - before;
    }
  }
  return labs.map(({ rule, cost, lab }) => ({
    rule,
    share: cost / ((STORM_MINUTES * MINUTE) / 1000),
    told: lab.sent.reduce((sum, { notice: { matches = 0 } }) => sum + matches, 0),
  }));
}

if (import.meta.main) {
  for (const { rule, share, told } of await benchAlerts(Number(process.argv[2] ?? LINES))) {
    console.log(`${rule}: ${(share * 100).toFixed(2)} % of one core, ${told} told of`);
  }
}
