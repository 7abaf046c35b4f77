import { digestSchema, MAIL, NOTIFIERS, RULES, silenceSchema } from '../alert/registry.ts';
import { webSchema } from '../api/settings.ts';
import { bytes, cidr, shown, writeInstead, written, z, zone } from '../base/schema.ts';
import { nearDuration, parseDuration } from '../base/units.ts';
import { FORWARDS } from '../forward/registry.ts';
import { LISTENERS } from '../listen/registry.ts';
import { matchText, STAGES } from '../pipeline/registry.ts';
import { STORES } from '../store/registry.ts';

/** The default of `keep`. */
const KEEP = '30d';

/** The schemas of all kinds of listeners. */
export const listenerSchemas = LISTENERS.map((kind) => kind.schema);
/** A listener of any kind. */
export const listenerSchema = choiceOf(listenerSchemas);
const forwardSchema = choiceOf(FORWARDS.map((kind) => kind.schema));
const storeSchema = choiceOf(STORES.map((kind) => kind.schema));
const stageSchema = choiceOf(STAGES.map((kind) => kind.schema));
const ruleSchema = choiceOf(RULES.map((kind) => kind.schema));
const notifierSchema = choiceOf(NOTIFIERS.map((kind) => kind.schema));

const keep = written('how long messages are kept after they arrived, e.g. 30d, or forever', {}, (given) => {
  if (given === 'forever') return { value: undefined };
  const value = typeof given === 'string' ? parseDuration(given) : undefined;
  if (value === undefined) {
    const wanted = 'a duration with its unit, e.g. 30d, nor forever';
    return {
      refused: `${shown(given)} is neither ${wanted}${writeInstead(typeof given === 'number' ? `${given}d` : nearDuration(given))}`,
    };
  }
  return value < 60_000 ? { refused: `${shown(given)} is too small; the minimum is 1m` } : { value };
});

/** A stream. */
export const streamSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, {
      error: 'is not a valid name: use a to z, 0 to 9, _ and -, begin with a letter or a digit, 64 characters at most',
    })
    .meta({ description: 'the name of the stream; the stream default gets the messages that match no other stream' }),
  match: matchText('a query for its messages; a message belongs to the first stream that matches it').optional(),
  keep: keep.prefault(KEEP),
  max_size: bytes({ min: 16 << 20 })
    .optional()
    .meta({ description: 'disk space for its messages; beyond it the oldest are deleted' }),
  importance: z
    .enum(['low', 'normal', 'high'])
    .default('normal')
    .meta({ description: 'when max_disk is reached, messages of the least important stream are deleted first' }),
});

const zoneSchema = z.strictObject({
  cidr: cidr(),
  zone: zone(),
});

const spoolSchema = z.strictObject({
  max_size: bytes({ min: 128 << 20 })
    .prefault('8GiB')
    .meta({
      description:
        'disk space for messages that are not stored yet; when it is used up, TCP and RELP wait, and UDP messages are dropped and counted',
    }),
});

/** Rules, each with a name of its own. */
export const rulesSchema = z.array(ruleSchema).superRefine(distinct);
/** A file of `alerts.d` with the key `alerts`. */
export const ruleFileSchema = z.strictObject({ alerts: rulesSchema.prefault([]) });

/** The whole file. */
export const settingsSchema = z.strictObject({
  data: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'the folder of spool, store and state; relative to this file' }),
  listen: z.array(listenerSchema).min(1).optional().meta({ description: 'where to listen for messages' }),
  web: webSchema.optional().meta({ description: 'the web page, the REST API and /metrics; off if this key is absent' }),
  store: storeSchema.prefault({ kind: 'embedded' }).meta({ description: 'where messages are stored' }),
  max_disk: bytes({ min: 64 << 20 })
    .optional()
    .meta({
      description:
        'disk space for all streams together; beyond it the oldest messages of the least important stream are deleted',
    }),
  streams: z
    .array(streamSchema)
    .min(1)
    .max(64)
    .prefault([{ name: 'default' }])
    .meta({ description: 'classes of messages, each with its retention' }),
  pipeline: z
    .array(stageSchema)
    .max(200)
    .prefault([])
    .meta({ description: 'stages that each message passes before it is stored, in this order' }),
  forward: z
    .array(forwardSchema)
    .max(16)
    .prefault([])
    .superRefine(distinct)
    .meta({ description: 'other servers that get a copy of what is stored here, each with a place of its own' }),
  spool: spoolSchema.prefault({}).meta({ description: 'the queue on disk in front of the store' }),
  zone: zone()
    .optional()
    .meta({ description: 'the time zone of timestamps without a zone; the default is the zone of this machine' }),
  zones: z.array(zoneSchema).prefault([]).meta({
    description: 'the time zone of timestamps without a zone, by the address of the sender; the longest prefix wins',
  }),
  alerts: rulesSchema
    .prefault([])
    .meta({ description: 'rules that are judged on a schedule, each with the recipients of its notices' }),
  notifiers: z
    .array(notifierSchema)
    .prefault([])
    .superRefine(distinct)
    .meta({ description: 'recipients other than mail addresses, by name' }),
  silence: silenceSchema
    .prefault({})
    .meta({ description: 'notices about hosts that are silent for longer than usual' }),
  digest: digestSchema.prefault({}).meta({ description: 'a daily mail: that all is well, or what is not' }),
  mail: MAIL.schema.optional().meta({ description: 'the mail server for notices' }),
});

/** Names identify incidents and cursors, so they must be unique. */
function distinct(all: readonly { readonly name: string }[], context: z.RefinementCtx): void {
  for (const [index, { name }] of all.entries()) {
    if (all.findIndex((one) => one.name === name) === index) continue;
    const message = `${name} is already the name of another one; choose another name`;
    context.addIssue({ code: 'custom', message, path: [index, 'name'], input: name });
  }
}

/** One of several kinds, distinguished by the key `kind`. */
function choiceOf<Schema extends z.ZodType>(schemas: readonly Schema[]): z.ZodType<z.output<Schema>, z.input<Schema>> {
  const [first, ...rest] = schemas as unknown as readonly z.ZodObject<{ kind: z.ZodLiteral<string> }>[];
  return z.discriminatedUnion('kind', [first!, ...rest]) as unknown as z.ZodType<z.output<Schema>, z.input<Schema>>;
}
