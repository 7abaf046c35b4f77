import type { Kind } from '../base/kind.ts';
import type { z } from '../base/schema.ts';
import type { OpenOutlet } from './contract.ts';
import {
  type RelpForward,
  relpForwardSchema,
  type TcpForward,
  tcpForwardSchema,
  type UdpForward,
  udpForwardSchema,
} from './settings.ts';

const relp = {
  name: 'relp',
  schema: relpForwardSchema,
  load: async () => (await import('./kinds/relp.ts')).openRelpOutlet,
} as const satisfies Kind<z.ZodType, OpenOutlet<RelpForward>>;

const tcp = {
  name: 'tcp',
  schema: tcpForwardSchema,
  load: async () => (await import('./kinds/tcp.ts')).openTcpOutlet,
} as const satisfies Kind<z.ZodType, OpenOutlet<TcpForward>>;

const udp = {
  name: 'udp',
  schema: udpForwardSchema,
  load: async () => (await import('./kinds/udp.ts')).openUdpOutlet,
} as const satisfies Kind<z.ZodType, OpenOutlet<UdpForward>>;

/** Every kind of destination, by the `kind:` of the configuration. */
export const FORWARDS = [relp, tcp, udp] as const;

/** An entry of `forward:`, of any kind. */
export type ForwardSettings = z.output<(typeof FORWARDS)[number]['schema']>;
