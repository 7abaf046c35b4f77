import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../ask/contract.ts';
import { answer, type AnswerContext, statusOf } from '../ask/index.ts';
import { wallClock } from '../base/clock.ts';
import { CordwoodError } from '../base/errors.ts';
import { SILENT } from '../base/log.ts';
import { version } from '../base/version.ts';
import type { Settings } from '../config/index.ts';
import { joinWaiting, type WithWaiting } from '../ingest/join-waiting.ts';
import { openAnswering } from './answering.ts';
import { openStoreReader } from '../stores/index.ts';

/**
 * Answers when no server is running, by the same handlers, from the store and from messages in the spool that are not
 * stored yet. @throws CordwoodError ERR_UNREACHABLE if nothing was ever stored
 */
export async function openLocal(settings: Settings): Promise<Client> {
  const spoolFolder = join(settings.data, 'spool');
  const isHere = settings.store.kind === 'embedded';
  if (isHere && !existsSync(spoolFolder) && !existsSync(join(settings.data, 'store'))) {
    const what = `no server is running on ${settings.data}, and nothing is stored there`;
    throw new CordwoodError(
      'ERR_UNREACHABLE',
      `cannot answer: ${what}; start one with cordwood serve, or give its folder with --data`,
    );
  }
  const kept = await openStoreReader(settings, wallClock);
  const opened = await joinWaiting(kept, settings, spoolFolder).catch(async (error: unknown) => {
    await kept[Symbol.asyncDispose]();
    throw error;
  });
  const { store, own } = opened;
  const fromSpool = own?.waiting.count ?? 0;
  const context = contextOf(settings, opened);
  return {
    via: 'local',
    async *ask(name, params, signal) {
      const end = yield* answer(name, params, context, signal);
      return fromSpool > 0 ? { ...end, fromSpool } : end;
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

function contextOf(settings: Settings, { store, visible, shown, own }: WithWaiting): AnswerContext {
  const waiting = own?.waiting.counters.buckets();
  return openAnswering({
    settings: () => settings,
    store,
    visible: () => visible,
    shown: () => shown,
    // Nothing arrives: no server runs.
    changed: async (_seen, signal, timeoutMs) => {
      await sleep(timeoutMs, undefined, { signal }).catch(() => {});
    },
    status: async () => statusOf({ version: version(), data: settings.data, spoolLimit: settings.spool.maxSize }),
    now: wallClock,
    clock: wallClock,
    coverage: own ? { lastArrival: { node: own.node, at: own.waiting.lastArrival } } : {},
    account: { node: own?.node, ...(waiting && { waiting }) },
    log: SILENT,
  }).context;
}
