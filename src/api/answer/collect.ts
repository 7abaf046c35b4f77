import type { Answer, End, QuestionName } from '../../ask/contract.ts';
import { toJson } from '../../model/json.ts';
import type { LogMessage } from '../../model/message.ts';
import { Refused } from '../problem.ts';

/** Rows and characters of a JSON answer, at most. */
export const MAX_ROWS = 10_000;
const MAX_TEXT = 8 << 20;

export type Collected = { readonly items: object[]; readonly end: End };

/** A whole answer, its messages as JSON. @throws Refused ERR_TOO_LARGE if it is too large for one JSON text */
export async function collect<Name extends QuestionName>(rows: Answer<Name>): Promise<Collected> {
  const items: object[] = [];
  let text = 0;
  for (;;) {
    const { done, value } = await rows.next();
    if (done) return { items, end: value };
    if ('_cursor' in value) continue;
    const row = 'received_at' in value ? toJson(value as LogMessage) : value;
    items.push(row);
    text += sizeOf(row);
    if (items.length > MAX_ROWS || text > MAX_TEXT) {
      await rows.return({});
      const remedy = 'ask for application/x-ndjson, or for less';
      throw new Refused('ERR_TOO_LARGE', `cannot answer in one JSON text: it is too large; ${remedy}`);
    }
  }
}

/** About the characters of a row: its texts are what makes it large. */
function sizeOf(row: object): number {
  const { message = '', raw = '' } = row as { message?: string; raw?: string };
  return 300 + message.length + raw.length;
}

/** The members that every answer about a window has. */
export function windowOf({ since, until, sinceDefault, uncovered, gaps, gapsLeftOut, limited }: End): object {
  return {
    window: {
      ...(since !== undefined && { since }),
      ...(until !== undefined && { until }),
      ...(sinceDefault && { sinceDefault }),
    },
    ...(limited && { limited }),
    ...(uncovered && { uncovered }),
    ...(gaps && { gaps }),
    ...(gapsLeftOut !== undefined && { gapsLeftOut }),
  };
}
