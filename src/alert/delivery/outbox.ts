import type { StoreState } from '../../store/contract.ts';
import type { LetterRow, Notice, OutboxRow } from '../contract.ts';

const PREFIX = 'outbox/';
/** A letter that nobody has tried yet is late only after this, ms. */
const TURN_MS = 60_000;

/** A notice for one recipient, until it was taken, and for a week after. */
export type Letter = LetterRow & {
  /** Not to be tried before, ms. */
  readonly nextAt: number;
};

/** Puts a notice in for each of its recipients; what is there already stays as it is. */
export async function post(state: StoreState, notice: Notice): Promise<void> {
  for (const recipient of notice.to) {
    const letter: Letter = { notice, recipient, state: 'waiting', tries: 0, nextAt: notice.notBefore ?? 0 };
    await state.put(keyOf(letter), letter, 0);
  }
}

export type Entry = { readonly letter: Letter; readonly key: string; readonly revision: number };

export async function letters(state: StoreState): Promise<Entry[]> {
  return (await state.scan(PREFIX)).map(({ key, value, revision }) => ({ letter: value as Letter, key, revision }));
}

function keyOf({ notice, recipient }: Letter): string {
  return `${PREFIX}${notice.id}/${recipient}`;
}

/** Has what was refused for good, and what waits for another try, tried at the next look. @returns how many letters */
export async function retryAll(state: StoreState): Promise<number> {
  let again = 0;
  for (const { letter, key, revision } of await letters(state)) {
    if (letter.state !== 'refused' && !(letter.state === 'waiting' && letter.tries > 0)) continue;
    const { sentAt: _, ...rest } = letter;
    if (await state.put(key, { ...rest, state: 'waiting', nextAt: 0 } satisfies Letter, revision)) again++;
  }
  return again;
}

/** What of all letters should have been told by now and was not. */
export function unsent(all: readonly LetterRow[], now: number): OutboxRow {
  const due = ({ notice, state, tries }: LetterRow): boolean =>
    state === 'waiting' && (tries > 0 || now - Math.max(notice.at, notice.notBefore ?? 0) >= TURN_MS);
  const waiting = all.filter(due).sort((a, b) => a.notice.at - b.notice.at);
  const stuck = waiting.find(({ failure }) => failure !== undefined) as Letter | undefined;
  const refused = all.filter(({ state }) => state === 'refused').sort((a, b) => a.sentAt! - b.sentAt!);
  const last = refused.at(-1);
  return {
    waiting: waiting.length,
    ...(waiting[0] && { since: waiting[0].notice.at }),
    ...(stuck && { failure: stuck.failure!, nextAt: Math.max(now, stuck.nextAt) }),
    refused: refused.length,
    ...(last && { lastRefused: { recipient: last.recipient, at: last.sentAt!, failure: last.failure! } }),
  };
}
