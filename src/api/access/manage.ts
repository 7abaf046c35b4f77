/** What the command line needs to manage users and tokens. */
export { hashPassword } from './passwords.ts';
export { makeToken, tokenHash } from './tokens.ts';
export { editUsers } from './edit.ts';
export { readUsers } from './users.ts';
export type { Users } from './users-schema.ts';
