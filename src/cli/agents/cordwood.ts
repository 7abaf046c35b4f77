import { type Agent, hostAndPort, lossNote, type Target } from './contract.ts';

/** Another Cordwood, an edge server, that forwards what it stores: the section `forward:` of its configuration. */
export const cordwood: Agent = {
  name: 'cordwood',
  about: 'forward: of another Cordwood',
  transports: ['relp', 'tls', 'tcp', 'udp'],
  print(target) {
    const { transport } = target;
    const lines = [
      'forward:',
      `  - kind: ${transport === 'tls' ? 'tcp' : transport}`,
      '    name: central',
      `    to: ['${hostAndPort(target)}']`,
      ...tls(target),
    ];
    return `${lines.join('\n')}\n`;
  },
  notes(target) {
    return [
      'add it to /etc/cordwood/cordwood.yaml on the edge server, then: systemctl reload cordwood, and cordwood forward test central',
      'for the origin of messages to be believed here, list the edge servers in relays: of the listener, as in docs/forward.md',
      ...(target.transport === 'relp' ? [] : [lossNote(target)]),
    ];
  },
};

function tls({ tls: isSecure, mutual, expected, host }: Target): string[] {
  if (!isSecure) return [];
  const own = mutual ? ', cert: tls/edge.pem, key: tls/edge.key' : '';
  return [`    tls: {ca: tls/ca.pem${own}${expected === host ? '' : `, name: ${expected}`}}`];
}
