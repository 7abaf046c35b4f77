import { type Agent, lossNote } from './contract.ts';

/** logger(1) of util-linux, for a first test and for scripts. */
export const logger: Agent = {
  name: 'logger',
  about: 'a command line',
  transports: ['tcp', 'udp'],
  print({ host, port, transport }) {
    const how = transport === 'udp' ? '--udp' : '--tcp --octet-count';
    return `logger --server ${host} --port ${port} ${how} --rfc5424 --tag test 'hello from logger'\n`;
  },
  notes(target) {
    return ['logger does not buffer: what it cannot send is lost; use it for tests and scripts', lossNote(target)];
  },
};
