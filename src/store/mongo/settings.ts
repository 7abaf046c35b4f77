import { secret, z } from '../../base/schema.ts';

/** The part of an address between `//` and `@`, with a password in it. */
const PASSWORD = /^mongodb(?:\+srv)?:\/\/[^/@:]*:[^/]*@/;
/** Options of an address that are secrets themselves. */
const SECRET_OPTION = /[?&](tlsCertificateKeyFilePassword|proxyPassword)=/i;
/** What mongod allows everywhere: no separators of names or paths, 63 bytes at most. */
const DATABASE = /^[A-Za-z0-9_-]{1,63}$/;

const MOST_IN_FLIGHT = 64;

const uri = z
  .string({ error: () => "is missing; it is the address of the server, e.g. 'mongodb://db1,db2,db3/?replicaSet=logs'" })
  .superRefine((given, context) => {
    const message = refusal(given);
    if (message) context.addIssue({ code: 'custom', message });
  })
  .meta({ description: "the servers, e.g. 'mongodb://logs@db1,db2,db3/?replicaSet=logs'; the password stands apart" });

/** `store: {kind: mongodb, …}`: where the server is, and what it is told of us. */
export const mongoSchema = z.strictObject({
  kind: z.literal('mongodb'),
  uri,
  password: secret().optional().meta({ description: 'of the user that the uri names: {file: /path} or {env: NAME}' }),
  database: z
    .string()
    .regex(DATABASE, { error: 'is no name of a database: letters, digits, - and _, 63 at most' })
    .prefault('cordwood')
    .meta({ description: 'the database that holds messages and state' }),
  partition: z
    .literal('day')
    .optional()
    .meta({ description: 'day: a collection for each stream and day, dropped whole, instead of deleting by index' }),
  in_flight: z
    .int({ error: 'is no whole number' })
    .min(1, { error: 'is less than 1' })
    .max(MOST_IN_FLIGHT, { error: `is more than ${MOST_IN_FLIGHT}` })
    .optional()
    .meta({ description: 'inserts under way at once, 4 unless told; more help where the way to a majority is long' }),
});

/** As the configuration has it; the password is only referred to. */
export type MongoSettings = z.output<typeof mongoSchema>;

function refusal(given: string): string | undefined {
  if (!/^mongodb(\+srv)?:\/\/[^/?]+/.test(given)) {
    return "is not of the form 'mongodb://db1,db2,db3/?replicaSet=logs'";
  }
  const remedy = 'is refused here; name the user alone and refer to it: password: {file: /path}, or {env: NAME}';
  if (PASSWORD.test(given)) return `a password in the uri ${remedy}`;
  return SECRET_OPTION.test(given) ? 'a password among the options of the uri is refused here' : undefined;
}
