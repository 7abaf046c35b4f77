import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Account, Gap } from '../../src/account/contract.ts';
import { connectServer } from '../../src/cli/io/client.ts';
import { loadSettings } from '../../src/config/index.ts';
import type { End, QuestionName, Questions } from '../../src/ask/contract.ts';
import { openLocal } from '../../src/assembly/local.ts';

export type Told = Account & { readonly gaps: readonly Gap[] };

/** Asks the running server, or else the store itself, as a command does, without the cost of a process. */
async function ask<Name extends QuestionName>(
  data: string,
  name: Name,
  params: Questions[Name]['params'],
): Promise<{ row: Questions[Name]['row']; end: End }> {
  const settings = await loadSettings({ config: configOf(data), data }, { CORDWOOD_CONFIG: '' });
  await using client = (await connectServer(data)) ?? (await openLocal(settings));
  const answer = client.ask(name, params, new AbortController().signal);
  const first = await answer.next();
  const last = await answer.next();
  assert.ok(!first.done && last.done);
  return { row: first.value as Questions[Name]['row'], end: last.value };
}

function configOf(data: string): string | undefined {
  const path = join(data, 'cordwood.yaml');
  return existsSync(path) ? path : undefined;
}

export async function account(data: string, verify = false): Promise<Told> {
  const { row, end } = await ask(data, 'account', { since: 'all', verify });
  return { ...row, gaps: end.gaps ?? [] };
}

export async function count(data: string): Promise<number> {
  return (await ask(data, 'count', { since: 'all' })).row.count;
}

/** What must be true of any account: received is the sum of the rest, by listener and in total, and nothing is wrong. */
export function assertBalance(told: Told): void {
  assert.deepEqual(told.faults, []);
  for (const row of [...told.listeners, told.total]) {
    const { received, stored, dropped, limited, dead, waiting, lost } = row;
    assert.equal(received, stored + dropped + limited + dead + waiting + lost, JSON.stringify(row));
  }
}
