import { execFileSync } from 'node:child_process';
import { bundledNode } from './program.ts';

/** After this time, ms, a newer Node must be packed: it may mend what is known to attackers by then. */
const GRACE_MS = 7 * 24 * 3600 * 1000;

/** When each version was published, as `npm view node time --json` prints it. */
export type Times = Readonly<Record<string, string>>;

/**
 * The newest Node of the same major version that was published at least a week ago and is newer than the packed one.
 * @param packed e.g. `24.21.0` @param now ms since 1970
 */
export function overdueNode(packed: string, times: Times, now: number): string | undefined {
  const [major] = numbersOf(packed);
  return Object.keys(times)
    .filter((version) => /^\d+\.\d+\.\d+$/.test(version) && numbersOf(version)[0] === major)
    .filter((version) => compare(version, packed) > 0 && now - Date.parse(times[version]!) >= GRACE_MS)
    .sort(compare)
    .at(-1);
}

/** @returns a sentence for people @throws if an overdue Node would be packed, or npm does not answer */
export function checkNode(now = Date.now()): string {
  const { version } = bundledNode();
  const times = JSON.parse(execFileSync('npm', ['view', 'node', 'time', '--json'], { encoding: 'utf8' })) as Times;
  const newer = overdueNode(version, times, now);
  if (newer === undefined) return `Node ${version} is up to date: no newer one has been published for a week`;
  throw new Error(
    `Node ${version} is packed, and ${newer} was published on ${times[newer]!.slice(0, 10)}; ` +
      `run npm install --save-dev node@^${newer}, then write its checksum into scripts/package/node.sha256.json`,
  );
}

function compare(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  const at = left.findIndex((number, index) => number !== right[index]);
  return at < 0 ? 0 : left[at]! - right[at]!;
}

function numbersOf(version: string): number[] {
  return version.split('.').map(Number);
}
