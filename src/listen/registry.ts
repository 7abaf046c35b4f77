import type { Kind } from '../base/kind.ts';
import type { z } from '../base/schema.ts';
import type { OpenListener } from './contract.ts';
import { type RelpSettings, relpSchema, type TcpSettings, tcpSchema, type UdpSettings, udpSchema } from './settings.ts';

const udp = {
  name: 'udp',
  schema: udpSchema,
  load: async () => (await import('./udp.ts')).openUdp,
} as const satisfies Kind<z.ZodType, OpenListener<UdpSettings>>;

const tcp = {
  name: 'tcp',
  schema: tcpSchema,
  load: async () => (await import('./tcp.ts')).openTcp,
} as const satisfies Kind<z.ZodType, OpenListener<TcpSettings>>;

const relp = {
  name: 'relp',
  schema: relpSchema,
  load: async () => (await import('./relp.ts')).openRelp,
} as const satisfies Kind<z.ZodType, OpenListener<RelpSettings>>;

/** Every kind of listener, by the `kind:` of the configuration. */
export const LISTENERS = [udp, tcp, relp] as const;
