import { DAY, MINUTE } from '../../base/units.ts';
import type { StoreState } from '../../store/contract.ts';
import type { Notice } from '../notices/notice.ts';
import type { OutboxStatus } from '../notices/outbox-status.ts';

const PREFIX = 'outbox/';
/** A delivery that has not been tried yet is overdue only after this, ms. */
const OVERDUE_MS = MINUTE;
/** How long finished deliveries are kept, ms: within that time no notice is put in twice. */
export const KEPT_MS = 7 * DAY;

/** A notice for one recipient. The keys are a stored format. */
export type DeliveryRow = {
  readonly notice: Notice;
  readonly recipient: string;
  /** `refused`: the other side will never accept it. */
  readonly state: 'waiting' | 'sent' | 'summarised' | 'refused';
  readonly tries: number;
  /** When it was sent, summarised or given up, ms. */
  readonly sentAt?: number;
  readonly failure?: string;
};

/** A delivery as the outbox keeps it, until it is finished and for a week after. */
export type Delivery = DeliveryRow & {
  /** Not to be tried before, ms. */
  readonly nextAt: number;
};

/** A delivery with its place in the state. */
export type Entry = { readonly delivery: Delivery; readonly key: string; readonly revision: number };

/**
 * Puts a notice into the outbox for each of its recipients; a delivery that is already there stays
 * unchanged.
 */
export async function post(state: StoreState, notice: Notice): Promise<void> {
  for (const recipient of notice.to) {
    const delivery: Delivery = { notice, recipient, state: 'waiting', tries: 0, nextAt: notice.notBefore ?? 0 };
    await state.put(keyOf(delivery), delivery, 0);
  }
}

/** Everything in the outbox, finished deliveries included. */
export async function entries(state: StoreState): Promise<Entry[]> {
  return (await state.scan(PREFIX)).map(({ key, value, revision }) => ({ delivery: value as Delivery, key, revision }));
}

export async function deliveries(state: StoreState): Promise<Delivery[]> {
  return (await entries(state)).map(({ delivery }) => delivery);
}

function keyOf({ notice, recipient }: Delivery): string {
  return `${PREFIX}${notice.id}/${recipient}`;
}

/** Makes deliveries that were refused permanently or have failed due at once. @returns how many */
export async function retryAll(state: StoreState): Promise<number> {
  let again = 0;
  for (const { delivery, key, revision } of await entries(state)) {
    if (delivery.state !== 'refused' && !(delivery.state === 'waiting' && delivery.tries > 0)) continue;
    const { sentAt: _, ...rest } = delivery;
    if (await state.put(key, { ...rest, state: 'waiting', nextAt: 0 } satisfies Delivery, revision)) again++;
  }
  return again;
}

/** Which deliveries are overdue or refused. */
export function outboxStatus(all: readonly Delivery[], now: number): OutboxStatus {
  const isDue = ({ notice, state, tries }: Delivery): boolean =>
    state === 'waiting' && (tries > 0 || now - Math.max(notice.at, notice.notBefore ?? 0) >= OVERDUE_MS);
  const waiting = all.filter(isDue).sort((a, b) => a.notice.at - b.notice.at);
  const failed = waiting.find(({ failure }) => failure !== undefined);
  const refused = all.filter(({ state }) => state === 'refused').sort((a, b) => a.sentAt! - b.sentAt!);
  const last = refused.at(-1);
  return {
    waiting: waiting.length,
    ...(waiting[0] && { since: waiting[0].notice.at }),
    ...(failed && { failure: failed.failure!, nextAt: Math.max(now, failed.nextAt) }),
    refused: refused.length,
    ...(last && { lastRefused: { recipient: last.recipient, at: last.sentAt!, failure: last.failure! } }),
  };
}
