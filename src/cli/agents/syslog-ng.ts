import { type Agent, lossNote, type Target } from './contract.ts';

const FOLDER = '/etc/syslog-ng';

/** syslog-ng, 3.38 or newer: RFC 5424 with octet counts, and a disk buffer that survives restarts of either side. */
export const syslogNg: Agent = {
  name: 'syslog-ng',
  about: `a file for ${FOLDER}/conf.d/`,
  transports: ['tls', 'tcp', 'udp'],
  print(target) {
    const { host, port, transport } = target;
    return `${[
      'destination d_cordwood {',
      `  syslog("${host}" port(${port}) transport("${transport}")`,
      ...(transport === 'tls' ? [`    ${secure(target)}`] : []),
      '    disk-buffer(reliable(yes) disk-buf-size(2147483648) mem-buf-size(67108864)));',
      '};',
      'log { source(s_src); destination(d_cordwood); };',
    ].join('\n')}\n`;
  },
  notes(target) {
    return [
      `put it into ${FOLDER}/conf.d/cordwood.conf, then: syslog-ng --syntax-only && systemctl restart syslog-ng`,
      's_src is the source of local messages on Debian; other systems call it s_sys or s_local',
      lossNote(target),
    ];
  },
};

function secure({ mutual }: Target): string {
  const own = mutual ? ` cert-file("${FOLDER}/tls/agent.pem") key-file("${FOLDER}/tls/agent.key")` : '';
  return `tls(ca-file("${FOLDER}/tls/ca.pem")${own} peer-verify(required-trusted))`;
}
