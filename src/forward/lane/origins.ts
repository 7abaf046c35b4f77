import { CordwoodError } from '../../base/errors.ts';
import { nodeOf } from '../../model/id.ts';
import type { ForwardWorld } from '../world.ts';

/** Knows what `from` of a trail is, and what was sent before and where. */
export class Origins {
  readonly #world: ForwardWorld;
  readonly #name: string;
  #nonces: ReadonlyMap<number, string> = new Map();
  /** The nonce of the first node that has one. */
  #base = '';
  #isMissing = false;
  /** By node, the highest id that was sent at all, and the highest one that was sent to another address. */
  readonly #sent = new Map<number, string>();
  #elsewhere = new Map<number, string>();
  #to: string | undefined;

  constructor(world: ForwardWorld, name: string) {
    this.#world = world;
    this.#name = name;
  }

  /** @throws CordwoodError if no node has a nonce: then an origin could have the same name as one of another server */
  async read(): Promise<void> {
    const known = await this.#world.nonces();
    // Some nodes have a name in place of a nonce (`beside/3`), which nodes of other servers have, too.
    this.#nonces = new Map([...known].filter(([, nonce]) => !nonce.includes('/')));
    if (this.#nonces.size === 0)
      throw new CordwoodError('ERR_STORE', 'cannot forward: no node of the store has a nonce');
    this.#base = this.#nonces.get(Math.min(...this.#nonces.keys()))!;
    this.#isMissing = false;
  }

  /** Reads the nonces again if one was missing. */
  async refresh(): Promise<void> {
    if (this.#isMissing) await this.read();
  }

  /** See `Trail`. */
  of(id: string): string {
    const node = nodeOf(id);
    return this.ofNode(node);
  }

  ofNode(node: number): string {
    const nonce = this.#nonces.get(node);
    if (nonce === undefined) this.#isMissing = true;
    return `${nonce ?? `${this.#base}-${node}`}/${this.#name}`;
  }

  connectedTo(to: string): void {
    if (this.#to !== undefined && this.#to !== to) this.#elsewhere = new Map(this.#sent);
    this.#to = to;
  }

  sent(id: string): void {
    const node = nodeOf(id);
    if ((this.#sent.get(node) ?? '') < id) this.#sent.set(node, id);
  }

  wasSent(id: string): boolean {
    return (this.#sent.get(nodeOf(id)) ?? '') >= id;
  }

  /** Whether it was sent to another address: the receiver that is connected now cannot know that. */
  isElsewhere(id: string): boolean {
    return (this.#elsewhere.get(nodeOf(id)) ?? '') >= id;
  }
}
