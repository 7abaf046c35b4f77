import type { Source } from '../../src/model/message.ts';

let ports = 40_000;
export function agent(ip = '192.0.2.7', listener = 'relp0', name?: string): Source {
  return { ip, port: ports++, transport: 'relp', listener, ...(name !== undefined && { peer_cn: name }) };
}

export const lines = (from: number, to: number, of = 'line') =>
  Array.from({ length: to - from }, (_, index) => `<13>${of} ${from + index}`);
