import { nodeOf } from '../../model/id.ts';
import { BEAT_MS, beatLine } from '../../relay/index.ts';
import type { Outlet } from '../contract.ts';
import type { Flight } from './flight.ts';
import type { Origins } from './origins.ts';
import type { Position } from './position.ts';
import type { Reading } from './reading.ts';
import type { ForwardSettings } from '../registry.ts';
import type { ForwardWorld } from '../world.ts';

type Parts = { readonly world: ForwardWorld; readonly position: Position; readonly origins: Origins };

/** Sends beats over one connection, among its lines: what a beat says is true of the lines before it. */
export class Beats {
  readonly #parts: Parts;
  readonly #isWanted: boolean;
  /** By node: messages sent before this connection and over it, and the last of them. */
  readonly #sent: Map<number, number>;
  readonly #last = new Map<number, string>();
  #at = -Infinity;

  constructor({ kind, format, trail }: ForwardSettings, parts: Parts) {
    this.#parts = parts;
    this.#isWanted = kind === 'relp' && format === 'rfc5424' && trail === 'full';
    this.#sent = new Map(parts.position.sent);
  }

  /** A message was sent. */
  count(id: string): void {
    if (!this.#isWanted) return;
    const node = nodeOf(id);
    this.#sent.set(node, (this.#sent.get(node) ?? 0) + 1);
    this.#last.set(node, id);
  }

  /** Sends a beat for each node whose messages are forwarded, if it is time and the receiver reads them. */
  sendDue({ outlet, flight }: { readonly outlet: Outlet; readonly flight: Flight }, reading: Reading): void {
    const { world, position, origins } = this.#parts;
    const now = performance.now();
    if (!this.#isWanted || !outlet.isCordwood || now - this.#at < (world.times?.beat ?? BEAT_MS)) return;
    for (const visible of world.visible()) {
      const node = nodeOf(visible);
      if (node !== world.node && !this.#sent.has(node)) continue;
      // A connection begins with a beat: until something is visible, nothing is sent either.
      this.#at = now;
      const last = this.#last.get(node);
      const line = beatLine({
        from: origins.ofNode(node),
        at: world.now(),
        visible,
        ...(last !== undefined && { last }),
        waiting: reading.waiting,
        sent: this.#sent.get(node) ?? 0,
        lost: position.lost,
        cut: position.cut,
        dead: position.dead,
        host: world.host,
        version: world.version,
      });
      outlet.send(line, Buffer.byteLength(line));
      flight.push();
    }
  }
}
