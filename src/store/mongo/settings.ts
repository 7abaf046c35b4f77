import { secret, z } from '../../base/schema.ts';

export { shardingCommands } from './sharding.ts';

/** An address with a password between `//` and `@`. */
const PASSWORD = /^mongodb(?:\+srv)?:\/\/[^/@:]*:[^/]*@/;
/** Options of an address that hold secrets. */
const SECRET_OPTION = /[?&](tlsCertificateKeyFilePassword|proxyPassword)=/i;
/** What mongod allows on all platforms: no separators, at most 63 bytes. */
const DATABASE = /^[A-Za-z0-9_-]{1,63}$/;

/** The fields whose indexes searches use, and the default of `indexes`. */
export const INDEXED_FIELDS = ['hostname', 'severity', 'appname'] as const;
export type IndexedField = (typeof INDEXED_FIELDS)[number];

/** Upper limit of `in_flight`. */
const MOST_IN_FLIGHT = 64;

const uri = z
  .string({ error: () => "is missing; give the address of the server, e.g. 'mongodb://db1,db2,db3/?replicaSet=logs'" })
  .superRefine((given, context) => {
    const message = refusal(given);
    if (message) context.addIssue({ code: 'custom', message });
  })
  .meta({ description: "the servers, e.g. 'mongodb://logs@db1,db2,db3/?replicaSet=logs', without the password" });

/** `store: {kind: mongodb, …}`: where the server is, and how to use it. */
export const mongoSchema = z
  .strictObject({
    kind: z.literal('mongodb'),
    uri,
    password: secret()
      .optional()
      .meta({ description: 'the password of the user in the uri: {file: /path} or {env: NAME}' }),
    database: z
      .string()
      .regex(DATABASE, { error: 'is not a database name: letters, digits, - and _, at most 63' })
      .prefault('cordwood')
      .meta({ description: 'the database for messages and state' }),
    partition: z.literal('day').optional().meta({
      description: 'day: one collection per stream and day, dropped as a whole, instead of deletion by a TTL index',
    }),
    sharded: z.boolean().optional().meta({
      description:
        'whether the database is on a sharded cluster: check-config prints the commands that shard its collections',
    }),
    indexes: z
      .array(z.enum(INDEXED_FIELDS))
      .refine((fields) => new Set(fields).size === fields.length, { error: 'names a field twice' })
      .optional()
      .meta({
        description:
          'the fields with an index, hostname, severity and appname by default: each makes some searches faster and each insert dearer',
      }),
    in_flight: z
      .int({ error: 'is not a whole number' })
      .min(1, { error: 'is less than 1' })
      .max(MOST_IN_FLIGHT, { error: `is more than ${MOST_IN_FLIGHT}` })
      .optional()
      .meta({ description: 'concurrent inserts, 4 by default; more help if replication to a majority takes long' }),
  })
  .refine(({ sharded, partition }) => !(sharded && partition), {
    path: ['sharded'],
    error: 'has no use with partition: day: a new collection is on one shard; remove partition, or sharded',
  });

/** As configured: with a reference to the password, not the password. */
export type MongoSettings = z.output<typeof mongoSchema>;

function refusal(given: string): string | undefined {
  if (!/^mongodb(\+srv)?:\/\/[^/?]+/.test(given)) {
    return "is not of the form 'mongodb://db1,db2,db3/?replicaSet=logs'";
  }
  const remedy = 'is not allowed; give only the user, and set password: {file: /path} or {env: NAME}';
  if (PASSWORD.test(given)) return `a password in the uri ${remedy}`;
  return SECRET_OPTION.test(given) ? 'a password among the options of the uri is not allowed' : undefined;
}
