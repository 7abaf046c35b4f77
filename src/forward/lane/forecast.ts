import { MINUTE, SECOND } from '../../base/units.ts';

/** How often it is noted how far a destination is behind, and over how long it is looked at, ms. */
const EVERY_MS = 10 * SECOND;
const OVER_MS = 10 * MINUTE;
/** What is noted for a shorter time says nothing, ms. */
const LEAST_MS = MINUTE;

/** Says when a destination will be too far behind, if it goes on as in the last ten minutes. */
export class Forecast {
  /** The oldest one first. */
  #notes: { readonly at: number; readonly behind: number }[] = [];

  /** @param behind ms; not finite if the destination is up to date */
  note(at: number, behind: number): void {
    const last = this.#notes.at(-1);
    if (!Number.isFinite(behind)) this.#notes = [];
    else if (last === undefined || at - last.at >= EVERY_MS || at < last.at) {
      this.#notes = [...this.#notes.filter((one) => one.at <= at && at - one.at <= OVER_MS), { at, behind }];
    }
  }

  /** When it will be so far behind, ms; undefined if it catches up, or if it is not known yet. */
  reaches(behind: number): number | undefined {
    const [first, last] = [this.#notes[0], this.#notes.at(-1)];
    if (first === undefined || last === undefined || last.at - first.at < LEAST_MS) return undefined;
    const growth = (last.behind - first.behind) / (last.at - first.at);
    return growth <= 0 ? undefined : Math.round(last.at + Math.max(0, behind - last.behind) / growth);
  }
}
