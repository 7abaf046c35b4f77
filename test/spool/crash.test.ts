import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '../support/tmp.ts';
import { readAll } from './support.ts';

/** At which pass of a fault point the process dies; more of them with CORDWOOD_CRASHES. */
const TIMES = [1, 2, 5, 9, 14, 20, 27, 35, 44, 54].slice(0, Number(process.env['CORDWOOD_CRASHES'] ?? 3));
const CHILD = join(import.meta.dirname, 'crash-child.ts');
const DEADLINE_MS = 30_000;

/** What all runs on one folder have reported. */
class Reports {
  /** Durable messages by sequence. */
  readonly durable = new Map<number, string>();
  /** Every message that was ever read, by sequence. */
  readonly seen = new Map<number, string>();
  safe = 0;

  add(output: string): void {
    const lines = output.split('\n').slice(0, -1);
    for (const line of lines) {
      const [kind, sequence, text = ''] = line.split(' ');
      if (kind === 'S') this.safe = Number(sequence);
      else this.durable.set(Number(sequence), text);
    }
  }

  /** The folder must have each message that is durable and not safe, once, with the sequence that was reported. */
  check(folder: string): void {
    const { messages, places } = readAll(folder, this.safe);
    assert.equal(places, 0);
    const found = new Map<number, string>();
    for (const { sequence, text } of messages) {
      const name = text.slice(0, text.indexOf(' '));
      assert.ok(!found.has(sequence), `sequence ${sequence} came twice`);
      found.set(sequence, name);
      assert.equal(this.seen.get(sequence) ?? name, name, `sequence ${sequence} was used twice`);
      this.seen.set(sequence, name);
    }
    const lost = [...this.durable].filter(([sequence, text]) => sequence > this.safe && found.get(sequence) !== text);
    assert.deepEqual(lost, []);
  }
}

/** Runs the child until it dies at its fault point, or is killed. */
async function crash(folder: string, reports: Reports, kill: { fault: string } | { afterMs: number }): Promise<void> {
  const CORDWOOD_FAULT = 'fault' in kill ? kill.fault : '';
  const child = spawn(process.execPath, [CHILD, folder], {
    env: { ...process.env, CORDWOOD_FAULT },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const deadline = setTimeout(() => child.kill('SIGTERM'), DEADLINE_MS);
  const closed = once(child, 'close');
  if ('afterMs' in kill) {
    await once(child.stdout, 'data');
    await sleep(kill.afterMs);
    child.kill('SIGKILL');
  }
  const [, signal] = await closed;
  clearTimeout(deadline);
  assert.equal(signal, 'SIGKILL', 'the process never passed its fault point');
  reports.add(output);
}

for (const point of ['append', 'fsync', 'rotate', 'unlink']) {
  test(`kill -9 at ${point}: no durable message is lost, and none is read twice`, async () => {
    using folder = temporaryFolder();
    const reports = new Reports();
    for (const times of TIMES) {
      await crash(folder.path, reports, { fault: `${point}:${times}` });
      reports.check(folder.path);
    }
    assert.ok(reports.durable.size > 0 || point === 'rotate');
  });
}

test('kill -9 at any moment: no durable message is lost, and none is read twice', async () => {
  using folder = temporaryFolder();
  const reports = new Reports();
  for (const times of [...TIMES, ...TIMES]) {
    await crash(folder.path, reports, { afterMs: times * 7 + Math.random() * 60 });
    reports.check(folder.path);
  }
  assert.ok(reports.durable.size > 0);
});
