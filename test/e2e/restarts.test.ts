import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeldServer } from '../support/holder.ts';
import { needs } from '../support/require.ts';
import { UdpSender } from '../support/senders.ts';
import { cordwood } from '../support/server.ts';
import { SteadySender } from '../support/steady.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const RESTARTS = Number(process.env['CORDWOOD_RESTARTS'] ?? 3);
const RATE = 1000;

/** The lines found of each sender, which must each be there once. */
async function found(data: string, name: string): Promise<Set<number>> {
  const args = ['search', '-q', '-S', 'all', '-n', 'all', '-o', 'cat', '-t', name, '--data', data];
  const numbers = [...(await cordwood(args)).stdout.matchAll(/^number (\d+)$/gm)].map(([, number]) => Number(number));
  assert.equal(new Set(numbers).size, numbers.length, `${name}: each line once`);
  return new Set(numbers);
}

/** What all runs together said that their listener had received. */
function received(output: string): number {
  return [...output.matchAll(/"received":(\d+)/g)].reduce((sum, [, number]) => sum + Number(number), 0);
}

test(`restarted ${RESTARTS} times under ${2 * RATE} lines a second, nothing that was read is lost, and nothing at all of who looks`, {
  skip: needs('cc'),
}, async (t) => {
  using folder = temporaryFolder();
  const server = await HeldServer.start({
    data: folder.path,
    sockets: ['tcp:0', 'udp:0'],
    names: 'tcp0:udp0',
    listen: ['tcp://127.0.0.1:0', 'udp://127.0.0.1:0'],
  });
  const [address, datagrams] = server.addresses as [string, string];
  const looking = new SteadySender({ address, name: 'looking', rate: RATE, looks: true });
  const blind = new SteadySender({ address, name: 'blind', rate: RATE, looks: false });
  await using udp = await UdpSender.open(datagrams);
  let sent = 0;
  const sending = setInterval(() => void udp.send(`<13>1 - h udp - - - number ${sent++}`), 5);
  for (let round = 0; round < RESTARTS; round++) {
    await sleep(300);
    await server.restart();
    await server.ready();
  }
  clearInterval(sending);
  await looking.stop();
  await blind.stop();
  await until('the last lines', async () => (await found(folder.path, 'looking')).size >= looking.sent);
  await server[Symbol.asyncDispose]();

  const [ofLooking, ofBlind] = [await found(folder.path, 'looking'), await found(folder.path, 'blind')];
  const ofUdp = await found(folder.path, 'udp');
  assert.equal(ofUdp.size, sent, 'datagrams wait in their socket');
  assert.equal(ofLooking.size + ofBlind.size + ofUdp.size, received(server.output), 'what was read is stored');
  assert.equal(ofLooking.size, looking.sent, 'a sender that looks before it sends loses nothing');
  t.diagnostic(`a sender that does not look lost ${blind.sent - ofBlind.size} of ${blind.sent} lines`);
});
