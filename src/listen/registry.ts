import type { Kind } from '../base/kind.ts';
import type { z } from '../base/schema.ts';
import { type RelpSettings, relpSchema, type TcpSettings, tcpSchema, type UdpSettings, udpSchema } from './settings.ts';
import type { OpenListener } from './shared/context.ts';

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

type Configured<Settings> = Settings extends unknown
  ? Settings & {
      readonly name: string;
      /** Whether the configuration did not ask for it; a missing address is only a warning then. */
      readonly byDefault: boolean;
    }
  : never;

/** The settings of one listener: its `kind`, its name, and the settings of its kind. */
export type ListenerSettings = Configured<z.output<(typeof LISTENERS)[number]['schema']>>;
