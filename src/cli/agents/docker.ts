import { type Agent, hostAndPort, lossNote, type Target } from './contract.ts';

/**
 * Docker's own syslog driver. It keeps nothing on disk, and with TCP a container does not even start while the server is
 * away: so by default it hands its lines to the agent of its own machine, which buffers them.
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
    const place = 'put it into /etc/docker/daemon.json, then: systemctl restart docker; containers made anew use it';
    if (isThroughAgent(target)) {
      return [
        place,
        'it hands lines to the rsyslog or syslog-ng of its machine, which keeps them on disk while the server is away: ' +
          'configure that with cordwood agent print rsyslog',
      ];
    }
    const blind = 'Docker keeps nothing on disk: what it sends while the server is away is lost';
    const refusal = 'and over TCP and TLS no container starts meanwhile; without --transport it goes through an agent';
    return [place, target.transport === 'udp' ? blind : `${blind}, ${refusal}`, lossNote(target)];
  },
};

/** RELP, which Docker does not speak, is what the agent in between is for. */
function isThroughAgent({ transport }: Target): boolean {
  return transport === 'relp';
}

function addressOf(target: Target): string {
  return `${target.transport === 'tls' ? 'tcp+tls' : target.transport}://${hostAndPort(target)}`;
}
