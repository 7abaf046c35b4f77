import { connect } from 'node:net';
import { OFFERS, relpFrame } from '../support/relp.ts';

/** Opens sessions, sends half a message over each, says how many stand, and waits to be killed. */
const [port, count] = process.argv.slice(2).map(Number) as [number, number];
const half = Buffer.concat([relpFrame(1, 'open', OFFERS), Buffer.from('2 syslog 4000 <13>half of a message')]);
let standing = 0;
for (let i = 0; i < count; i++) {
  const socket = connect(port, '127.0.0.1', () => socket.write(half));
  socket.once('data', () => {
    if (++standing === count) process.stdout.write('standing\n');
  });
}
