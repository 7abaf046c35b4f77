import { type Agent, hostAndPort, lossNote, type Target } from './contract.ts';

/**
 * Docker's own syslog driver. It buffers nothing on disk, and over TCP a container does not even start while the server
 * is unreachable. So by default it sends to the syslog agent of its own machine, which buffers.
 */
export const docker: Agent = {
  name: 'docker',
  about: '/etc/docker/daemon.json',
  transports: ['relp', 'tls', 'tcp', 'udp'],
  unasked: 'relp',
  print(target) {
    const options = {
      'syslog-address': isThroughAgent(target) ? 'unixgram:///dev/log' : addressOf(target),
      ...(target.transport === 'tls' && { 'syslog-tls-ca-cert': '/etc/docker/tls/ca.pem' }),
      ...(target.mutual && {
        'syslog-tls-cert': '/etc/docker/tls/agent.pem',
        'syslog-tls-key': '/etc/docker/tls/agent.key',
      }),
      ...(!isThroughAgent(target) && { 'syslog-format': 'rfc5424micro', mode: 'non-blocking' }),
      tag: '{{.Name}}/{{.ID}}',
    };
    return `${JSON.stringify({ 'log-driver': 'syslog', 'log-opts': options }, null, 2)}\n`;
  },
  notes(target) {
    const place =
      'put it into /etc/docker/daemon.json, then: systemctl restart docker; only newly created containers use it';
    if (isThroughAgent(target)) {
      return [
        place,
        'containers log to the rsyslog or syslog-ng of their machine, which buffers on disk while the server is unreachable: ' +
          'configure it with cordwood agent print rsyslog',
      ];
    }
    const loss = 'Docker buffers nothing on disk: what it sends while the server is unreachable is lost';
    const refusal = 'and over TCP and TLS no container starts meanwhile; without --transport it sends through an agent';
    return [place, target.transport === 'udp' ? loss : `${loss}, ${refusal}`, lossNote(target)];
  },
};

/** Docker does not support RELP, so the agent of its machine sends it. */
function isThroughAgent({ transport }: Target): boolean {
  return transport === 'relp';
}

function addressOf(target: Target): string {
  return `${target.transport === 'tls' ? 'tcp+tls' : target.transport}://${hostAndPort(target)}`;
}
