import type { HeaderName } from '../model/header-line.ts';
import type { Fields, Flag, LogMessage, Source } from '../model/message.ts';

/**
 * The SD-ID of everything that one Cordwood writes for another one into a line that it forwards.
 * 32473 is the enterprise number for documentation (RFC 5612): a number of our own would replace
 * it here, and both would be read for ever.
 */
export const TRAIL_ID = 'cordwood@32473';

/** What a forwarded line says besides its own RFC 5424 fields, so that the receiver stores the message as it was. */
export type Trail = {
  /** The id of the message at the forwarding server, 32 hex digits: its arrival there, and its sequence. */
  readonly id: string;
  /**
   * Whose sequence it is, and which order it belongs to: the nonce of the spool, `/`, the name of
   * the forward. The lines of one `from` come in ascending order of id.
   */
  readonly from: string;
  /** The arrival at the first Cordwood, ms. */
  readonly at: number;
  /** The peer that sent it to the first Cordwood, and the listener there. */
  readonly source: Source;
  readonly flags: readonly Flag[];
  readonly format: LogMessage['format'];
  /** Whether the sender gave a time without a zone: then `timestamp_offset` is absent though the header has one. */
  readonly zoneless: boolean;
  /** The full length in bytes, only if the frame was cut. */
  readonly length?: number;
  /** The frame as received, only if it was kept. */
  readonly raw?: Uint8Array;
  readonly fields?: Fields;
  /** The true values of those names that the header cannot hold. */
  readonly names: Readonly<Partial<Record<HeaderName, string>>>;
  /** The servers that passed it on before the forwarding one, the first one first, as each of the next knew its peer. */
  readonly relays: readonly string[];
  /** The nonces of the spools of these servers. */
  readonly by: readonly string[];
  /** How many times it was forwarded, this time included: 1 or more. */
  readonly hops: number;
  /** It was sent before, to another address or over a connection that broke, and may be there already. */
  readonly again: boolean;
};

/** What a server that believes a trail keeps of it in the message, in the element `TRAIL_ID`. */
export type Passage = {
  /** The servers that passed the message on, the first one first; at least one. */
  readonly relays: readonly string[];
  /** The nonces of their spools: a server that finds its own has the message already. */
  readonly by: readonly string[];
  /** The listener here that received it: that of the source is one of the first server. */
  readonly listener: string;
  /** The arrival at the first one, ms. */
  readonly at: number;
};

/**
 * What a forwarding server says about itself every ten seconds, as a line of severity `info` among
 * the others, in their order.
 */
export type Beat = {
  /** As in `Trail`. */
  readonly from: string;
  /** When the beat was written, by the server's wall clock, ms. */
  readonly at: number;
  /** The id up to which everything is stored there. */
  readonly visible: string;
  /** The id of the last message that was sent before this beat; absent before the first one. */
  readonly last?: string;
  /** Messages that are stored there, and still to be looked at: an upper bound of those to be sent. */
  readonly waiting: number;
  /** Messages sent under this `from` before this beat, each counted once, since the forward first began. */
  readonly sent: number;
  /** Messages since then that were: deleted by retention before they were sent, cut, set aside as dead letters. */
  readonly lost: number;
  readonly cut: number;
  readonly dead: number;
  /** The name of the machine. */
  readonly host: string;
  readonly version: string;
};
