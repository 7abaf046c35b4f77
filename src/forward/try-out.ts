import { hostname } from 'node:os';
import { reasonOf } from '../base/errors.ts';
import { formatHostPort } from '../base/ip.ts';
import { SECOND } from '../base/units.ts';
import { version } from '../base/version.ts';
import type { OpenOutlet, TestResult } from './contract.ts';
import { testLine } from './format.ts';
import { FORWARDS, type ForwardSettings } from './registry.ts';

/** How long the answer to a test may take, ms. */
const LIMIT_MS = 20 * SECOND;
/** How long a TCP connection must last after the line, ms: a refused certificate shows only then. */
const TCP_MS = SECOND;

const TAKEN = {
  relp: 'acknowledged',
  tcp: 'sent, and the connection was kept; TCP has no acknowledgement',
  udp: 'sent; UDP has no acknowledgement',
} as const;

/** Sends one line, marked as a test, to each address of a destination. */
export async function tryOut(settings: ForwardSettings): Promise<TestResult[]> {
  const results: TestResult[] = [];
  for (const to of settings.to) {
    try {
      await sendTest(settings, to);
      results.push({ to: formatHostPort(to), text: TAKEN[settings.kind] });
    } catch (error) {
      results.push({ to: formatHostPort(to), failure: reasonOf(error) });
    }
  }
  return results;
}

async function sendTest(settings: ForwardSettings, to: ForwardSettings['to'][number]): Promise<void> {
  const open = (await FORWARDS.find(({ name }) => name === settings.kind)!.load()) as OpenOutlet<ForwardSettings>;
  const wished = settings.kind === 'tcp' ? { ...settings, again: TCP_MS } : settings;
  await using outlet = await open(wished, { to, version: version(), signal: AbortSignal.timeout(LIMIT_MS) });
  const line = testLine(hostname(), settings.name, new Date());
  outlet.send(line, Buffer.byteLength(line));
  outlet.flush();
  const until = performance.now() + LIMIT_MS;
  while (outlet.done < 1) {
    if (performance.now() > until) throw new Error('it did not take the line within 20 s');
    await outlet.progress(200);
  }
}
