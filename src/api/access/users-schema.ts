import { cidr, z } from '../../base/schema.ts';
import type { Fault } from '../../base/validate.ts';
import { queryFault } from '../../query/index.ts';
import { ROLES } from '../settings.ts';
import { isPasswordHash } from './passwords.ts';

/** The user of a link: everyone who may use the control socket may do everything. */
export const OPERATOR = 'operator';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/;
const name = z.string().regex(NAME, {
  error: 'is not a name: use letters, digits and _ . @ -, a letter or digit first, at most 64 characters',
});

const only = z
  .string()
  .min(1)
  .max(2000)
  .superRefine((text, context) => {
    const message = queryFault(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message, input: text });
  })
  .meta({ description: 'a query: only messages that match it are shown' });

const user = z.strictObject({
  role: z.enum(ROLES),
  password: z
    .string()
    .refine(isPasswordHash, { error: 'is no hash of a password; `cordwood user passwd NAME` writes one' })
    .optional(),
  only: only.optional(),
});

const token = z.strictObject({
  role: z.enum(ROLES),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, { error: 'is no hash of a token; `cordwood token add NAME` writes one' }),
  from: z.array(cidr()).min(1).optional(),
  expires: z.coerce
    .date({ error: 'is not a date, e.g. 2027-11-01' })
    .transform((date) => date.getTime())
    .optional(),
  only: only.optional(),
});

/** The file of users. */
export const usersSchema = z.strictObject({
  users: z
    .record(name, user)
    .nullish()
    .transform((all) => all ?? {}),
  tokens: z
    .record(name, token)
    .nullish()
    .transform((all) => all ?? {}),
});
export type Users = z.output<typeof usersSchema>;
export type UserEntry = Users['users'][string];
export type TokenEntry = Users['tokens'][string];

/** What is wrong with the file beyond single values: a name that is taken, the same token under two names. */
export function conflictsIn({ users, tokens }: Users): Fault[] {
  const taken = `is the name of the logins by a link of \`cordwood web\`; choose another name`;
  const reserved = Object.entries({ users, tokens }).flatMap(([list, entries]) =>
    Object.hasOwn(entries, OPERATOR) ? [{ path: [list, OPERATOR], message: taken }] : [],
  );
  // A name owns its saved searches: a limited token must not share those of a user.
  const shared = Object.keys(tokens)
    .filter((one) => Object.hasOwn(users, one))
    .map((one) => ({ path: ['tokens', one], message: 'is the name of a user; choose another name' }));
  const hashes = new Map<string, string>();
  const twice = Object.entries(tokens).flatMap(([one, { sha256 }]) => {
    const other = hashes.get(sha256);
    hashes.set(sha256, one);
    return other === undefined ? [] : [{ path: ['tokens', one, 'sha256'], message: `is already the token ${other}` }];
  });
  return [...reserved, ...shared, ...twice];
}
