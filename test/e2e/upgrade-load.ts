import { once } from 'node:events';
import { TcpSender, UdpSender } from '../support/senders.ts';
import { SteadySender } from '../support/steady.ts';

/*
 * Sends lines to a machine of the tests, in whose network it runs: `node upgrade-load.ts PORT LINES` sends that many over
 * TCP; `node upgrade-load.ts PORT RATE UDP_PORT` sends as many a second over TCP and by UDP until its stdin ends, and
 * then prints how many these were.
 */
const [port, count, datagrams] = process.argv.slice(2).map(Number) as [number, number, number?];
if (datagrams === undefined) await sendAll();
else await sendSteadily(datagrams);

async function sendAll(): Promise<void> {
  await using sender = await TcpSender.connect(`127.0.0.1:${port}`);
  await sender.sendLines(Array.from({ length: count }, (_, number) => `<13>1 - h filled - - - number ${number}`));
  await sender.end();
}

async function sendSteadily(udpPort: number): Promise<void> {
  const tcp = new SteadySender({ address: `127.0.0.1:${port}`, name: 'relp', rate: count, looks: true });
  await using udp = await UdpSender.open(`127.0.0.1:${udpPort}`);
  const began = performance.now();
  let sent = 0;
  const sending = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * count);
    for (; sent < due; sent++) void udp.send(`<13>1 - h udp - - - number ${sent}`);
  }, 5);
  await once(process.stdin.resume(), 'end');
  clearInterval(sending);
  await tcp.stop();
  process.stdout.write(JSON.stringify({ relp: tcp.sent, udp: sent }));
}
