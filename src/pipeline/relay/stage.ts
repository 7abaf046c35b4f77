import { Counter, type Counters } from '../../base/counters.ts';
import { fault } from '../../base/fault.ts';
import type { Logger } from '../../base/log.ts';
import { ThrottledWarnings } from '../../base/throttled-warnings.ts';
import { DISPOSITION } from '../../model/batch.ts';
import { arrivalOf, sequenceOf } from '../../model/id.ts';
import { flagBit, type Peer } from '../../model/message.ts';
import type { Trail } from '../../relay/contract.ts';
import { nonceOfFrom, readBeat, readTrail } from '../../relay/index.ts';
import type { Stage } from '../contract.ts';
import type { StageRows } from '../stage-rows.ts';
import { noteBeat } from './beats.ts';
import type { RelayCounterName } from './counters.ts';
import { type FirstElement, mayHaveTrail, mayHaveTrails, readFirst, removeTrails, withoutTrails } from './element.ts';
import { type Origin, Origins, take } from './origins.ts';
import { restoreRow } from './restore.ts';
import { SourceList } from './source-list.ts';

/** The most times that a message is passed on: beyond that, servers forward to each other in a circle. */
const MAX_HOPS = 8;
/** The longest `from`, characters: a nonce and the name of a forward. */
const MAX_FROM = 128;
const PARSE_ERROR = flagBit('parse_error');

/** How a beat shows that a relay was set back to an earlier state. */
const SET_BACK = {
  more: 'a relay was set back to an earlier state: more messages of it are here than it counts as sent',
  clock:
    'a relay was set back to an earlier state, and its clock is behind: all that it sends is stored, also what it had sent ' +
    'in the last second before that state; correct its clock',
} as const;

/** Why rows go no further, in the order of their dispositions; the account shows them like stages. */
export const RELAY_DROPS = ['relay.again', 'relay.loop', 'relay.beat'] as const;
type Drop = (typeof RELAY_DROPS)[number];

/** What a relay sent. */
type Sent = { readonly relay: string; readonly sources: SourceList; readonly first: FirstElement };

export type RelayStageParts = {
  /** The nonce of the spool here: a message that was here before is in a loop. Undefined if no server runs. */
  readonly nonce: string | undefined;
  readonly counters: Counters | undefined;
  readonly log: Logger;
};

/**
 * Gives messages that a relay forwards the origin that it names, and takes each once. It runs before the stages of the
 * configuration, which then see the message as its sender sent it. What a peer that is no relay says about origins
 * changes nothing: its element is renamed.
 */
export class RelayStage implements Stage {
  readonly #nonce: string | undefined;
  readonly #log: Logger;
  readonly #warnings: ThrottledWarnings;
  readonly #counted: (name: RelayCounterName) => Counter;
  /** The disposition of the first of RELAY_DROPS. */
  readonly #disposition: number;
  readonly #origins = new Origins();
  readonly memory = {
    save: (): readonly Origin[] => this.#origins.all(),
    restore: (saved: unknown): void => this.#origins.restore(saved as readonly Origin[]),
  };

  constructor({ nonce, counters, log }: RelayStageParts, disposition: number) {
    const none = new Counter(new Float64Array(1), 0);
    this.#nonce = nonce;
    this.#log = log;
    this.#warnings = new ThrottledWarnings(log);
    this.#counted = (name) => counters?.counter(name) ?? none;
    this.#disposition = disposition;
  }

  /** Every origin that is remembered. */
  origins(): readonly Origin[] {
    return this.#origins.all();
  }

  run(rows: StageRows): void {
    const { batch } = rows;
    const sources = new SourceList(batch);
    const count = mayHaveTrails(batch) ? batch.count : 0;
    for (let row = 0; row < count; row++) {
      if (batch.disposition[row]! > DISPOSITION.alreadyStored || !mayHaveTrail(rows, row)) continue;
      const peer = batch.sources[batch.source[row]!]!;
      const first = peer.relay === undefined ? undefined : readFirst(rows, row);
      if (peer.relay === undefined || !first) this.#refuse(rows, row, peer);
      else this.#read(rows, row, { relay: peer.relay, sources, first });
    }
    sources.forgetRelays();
  }

  /** A peer that is no relay claims an origin, or a sender behind a relay without Cordwood does. */
  #refuse(rows: StageRows, row: number, { ip, listener }: Peer): void {
    if (!rows.isStored(row)) return;
    if (!removeTrails(rows, row)) return;
    this.#counted('relay.untrusted').add();
    const text = 'a peer that relays: of its listener does not list says where messages came from; it is not believed';
    this.#warnings.warn(text, { peer: ip, listener });
  }

  #read(rows: StageRows, row: number, of: Sent): void {
    const trail = readTrail(of.first.params);
    if (trail && trail.from.length <= MAX_FROM) this.#take(rows, row, { ...of, trail });
    else if (!this.#noteBeat(rows, row, of.first, of.relay)) this.#leave(rows, row, of.relay);
  }

  #take(rows: StageRows, row: number, of: Sent & { readonly trail: Trail }): void {
    const { relay, sources, first, trail } = of;
    if (trail.hops > MAX_HOPS || this.#isOwn(trail)) {
      this.#drop(rows, row, 'relay.loop');
      const text = 'a message came back that was here before: servers forward to each other in a circle; it is dropped';
      this.#warnings.warn(text, { relay, hops: trail.hops });
      return;
    }
    const { batch } = rows;
    const now = batch.receivedAt[row]!;
    const origin = this.#origins.of(relay, trail.from, now);
    const before = origin.mark;
    const place = { at: arrivalOf(trail.id), sequence: sequenceOf(trail.id) };
    const verdict = take(origin, place, now);
    fault('relayed');
    if (verdict === 'again') {
      this.#drop(rows, row, 'relay.again');
      return;
    }
    if (!rows.isStored(row)) return;
    this.#counted('relay.taken').add();
    if (verdict === 'ahead') this.#counted('relay.ahead').add();
    if (verdict === 'set-back') this.#reportSetBack(origin, place.sequence, before!.sequence);
    const { listener } = batch.sources[batch.source[row]!]!;
    if (restoreRow(rows, row, { trail, relay, listener, own: withoutTrails(first.own) }))
      sources.set(row, trail.source);
    else this.#leave(rows, row, relay);
  }

  #isOwn({ by, from }: Trail): boolean {
    return this.#nonce !== undefined && (by.includes(this.#nonce) || nonceOfFrom(from) === this.#nonce);
  }

  #noteBeat(rows: StageRows, row: number, { params }: FirstElement, relay: string): boolean {
    const beat = readBeat(params);
    if (!beat || beat.from.length > MAX_FROM) return false;
    const now = rows.batch.receivedAt[row]!;
    const found = noteBeat(this.#origins.of(relay, beat.from, now), beat, now);
    if (rows.isStored(row)) {
      this.#counted('relay.beats').add();
      if (found) this.#log.warn({ relay, from: beat.from, ...found }, SET_BACK[found.kind]);
    }
    this.#drop(rows, row, 'relay.beat');
    return true;
  }

  /** What cannot be read is stored as it came. */
  #leave(rows: StageRows, row: number, relay: string): void {
    if (!rows.isStored(row)) return;
    const { batch } = rows;
    batch.flags[row]! |= PARSE_ERROR;
    rows.changed(row);
    removeTrails(rows, row);
    this.#counted('relay.bad').add();
    this.#warnings.warn(
      'a message of a relay does not say where it came from as Cordwood does; it is stored as it came',
      { relay },
    );
  }

  #reportSetBack(origin: Origin, sequence: number, before: number): void {
    this.#counted('relay.set_back').add();
    const { peer: relay, from } = origin;
    const text = 'a relay was set back to an earlier state: it gives out numbers again; its messages are taken as new';
    this.#log.warn({ relay, from, sequence, before }, text);
  }

  #drop(rows: StageRows, row: number, why: Drop): void {
    if (!rows.isStored(row)) return;
    if (why !== 'relay.beat') this.#counted(why).add();
    rows.batch.drop(row, this.#disposition + RELAY_DROPS.indexOf(why));
  }
}
