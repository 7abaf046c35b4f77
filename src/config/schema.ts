import { bytes, cidr, shown, written, z, zone } from '../base/schema.ts';
import { parseDuration } from '../base/units.ts';
import { LISTENERS } from '../listen/registry.ts';
import { STORES } from '../store/registry.ts';

/** What a stream is kept where nothing is said. */
const KEEP = '30d';

/** The schemas of all kinds of listeners. */
export const listenerSchemas = LISTENERS.map((kind) => kind.schema);
/** A listener of any kind. */
export const listenerSchema = choiceOf(listenerSchemas);
const storeSchema = choiceOf(STORES.map((kind) => kind.schema));

const keep = written('how long messages are kept after they arrived, e.g. 30d, or forever', {}, (given) => {
  if (given === 'forever') return { value: undefined };
  const value = typeof given === 'string' ? parseDuration(given) : undefined;
  if (value === undefined) return { refused: `${shown(given)} is not a duration with its unit, e.g. 30d, nor forever` };
  return value < 60_000 ? { refused: `${shown(given)} is too little; the least is 1m` } : { value };
});

const streamSchema = z.strictObject({
  name: z
    .string()
    .refine((name) => name === 'default', {
      error: ({ input }) => `"${input}" is no stream of this version, which keeps all messages in one; name it default`,
    })
    .meta({ description: 'the name of the stream; default takes every message' }),
  keep: keep.prefault(KEEP),
});

const zoneSchema = z.strictObject({
  cidr: cidr(),
  zone: zone(),
});

const spoolSchema = z.strictObject({
  max_size: bytes({ min: 128 << 20 })
    .prefault('8GiB')
    .meta({
      description: 'disk room for what is not yet stored; when it is used up, TCP waits and UDP drops are counted',
    }),
});

/** The whole file. */
export const settingsSchema = z.strictObject({
  data: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'the folder of spool, store and state; relative to this file' }),
  listen: z.array(listenerSchema).min(1).optional().meta({ description: 'where to listen for messages' }),
  store: storeSchema.prefault({ kind: 'embedded' }).meta({ description: 'what messages are kept in' }),
  streams: z
    .array(streamSchema)
    .length(1)
    .prefault([{ name: 'default' }])
    .meta({ description: 'how long messages are kept' }),
  spool: spoolSchema.prefault({}).meta({ description: 'the queue on disk in front of the store' }),
  zone: zone().optional().meta({ description: 'the zone of stamps that carry none; without it, that of this machine' }),
  zones: z
    .array(zoneSchema)
    .prefault([])
    .meta({ description: 'the zone of stamps that carry none, by sender; the longest prefix wins' }),
});

/** One of several kinds, told apart by their key `kind`. */
function choiceOf<Schema extends z.ZodType>(schemas: readonly Schema[]): z.ZodType<z.output<Schema>, z.input<Schema>> {
  const [first, ...rest] = schemas as unknown as readonly z.ZodObject<{ kind: z.ZodLiteral<string> }>[];
  return z.discriminatedUnion('kind', [first!, ...rest]) as unknown as z.ZodType<z.output<Schema>, z.input<Schema>>;
}
