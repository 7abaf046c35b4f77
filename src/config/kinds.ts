import { bytes, duration, hostPort, z, zone } from '../base/schema.ts';

const common = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,31}$/)
    .optional(),
  address: hostPort(),
  zone: zone().optional(),
};

export const LISTENERS = [
  {
    name: 'udp',
    schema: z.strictObject({ kind: z.literal('udp'), ...common, receive_buffer: bytes().prefault('8MiB') }),
  },
  {
    name: 'tcp',
    schema: z.strictObject({
      kind: z.literal('tcp'),
      ...common,
      max_frame: bytes({ min: 480, max: 256 << 10 }).prefault('64KiB'),
      max_connections: z.int().min(1).default(20_000),
      frame_time: duration().prefault('60s'),
    }),
  },
] as const;
