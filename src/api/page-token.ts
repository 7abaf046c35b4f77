import { z } from '../base/schema.ts';
import { Refused } from './problem.ts';

const id = z.string().regex(/^[0-9a-f]{32}$/);

const tokenSchema = z.strictObject({
  /** The page is of messages before or after this id in the order of arrival. */
  olderThan: id.optional(),
  newerThan: id.optional(),
  /** What was visible to the first page, an id for each node: pages of one search are pages of one answer. */
  upTo: z.array(id).max(65_536),
  /** The window of the first page, ms: `-1h` means another one a minute later. */
  since: z.number().optional(),
  until: z.number().optional(),
});
export type PageToken = z.output<typeof tokenSchema>;

/** The token as text, which is for this server only. */
export function writePageToken(token: PageToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** @throws Refused ERR_USAGE if the text is not a token */
export function readPageToken(text: string): PageToken {
  const { data } = tokenSchema.safeParse(parsed(Buffer.from(text, 'base64url').toString()));
  if (data) return data;
  throw new Refused('ERR_USAGE', 'cannot answer: page is not a token of an earlier answer; leave it out to start over');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
