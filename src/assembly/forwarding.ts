import { once } from 'node:events';
import { hostname } from 'node:os';
import { noteForwardGap } from '../account/index.ts';
import { Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import { followPositions, nodesByNonce } from '../cluster/index.ts';
import { retentionOf, type Settings } from '../config/index.ts';
import { Forwarder } from '../forward/index.ts';
import { VisibleCell } from '../model/visible.ts';
import { ThreadEnd } from '../process/index.ts';
import { DeadLetters } from '../store/index.ts';
import type { ForwarderData, FromForwarder, ThreadParts, ToForwarder } from './messages.ts';
import { openStoreReader } from '../stores/index.ts';

/** The forwarder's thread: sends what is stored to other servers, from the message `begin` until `stop`. */
export class Forwarding {
  readonly #main: ThreadEnd<ToForwarder, FromForwarder>;
  readonly #data: ForwarderData;
  readonly #log: Logger;
  readonly #counters: Counters;
  #settings: Settings;

  constructor({ port, data, log }: ThreadParts<ForwarderData>) {
    this.#main = new ThreadEnd(port, 'stop');
    this.#data = data;
    this.#log = log;
    this.#settings = data.settings;
    this.#counters = Counters.from(data.counters);
  }

  /** Resolves after `stop`. @throws what the store fails with while it is opened */
  async run(): Promise<void> {
    const { stopping } = this.#main;
    const begun = await this.#main.first('begin').catch(() => undefined);
    if (!begun) return;
    const { node } = begun;
    const isShared = this.#settings.store.kind !== 'embedded';
    const log = this.#log;
    await using store = await openStoreReader(this.#settings, Date.now, log);
    const cell = new VisibleCell(this.#data.visible);
    await using positions = await followPositions({ store, node, cell, isShared, log });
    const state = (namespace: string) => store.state(namespace);
    await using forwarder = new Forwarder(this.#settings.forward, {
      ...{ store, node, isShared, log, counters: this.#counters, version: this.#data.version },
      visible: positions.visible,
      changed: positions.changed,
      nonces: async () => new Map(Array.from(await nodesByNonce(state('nodes')), ([nonce, number]) => [number, nonce])),
      streams: () => this.#settings.streams,
      note: (gap) => noteForwardGap(state, node, gap),
      setAside: (letter) => new DeadLetters(this.#settings.data).add([letter]),
      host: hostname(),
      now: Date.now,
    });
    this.#main.onMessage((message) => {
      if (message.kind !== 'reload') return;
      this.#settings = message.settings;
      this.#counters.add(message.counters);
      store.setRetention(retentionOf(message.settings));
      void forwarder.reload(message.settings.forward);
    });
    if (!stopping.aborted) await once(stopping, 'abort');
  }
}
