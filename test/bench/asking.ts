import { connectServer } from '../../src/cli/io/client.ts';
import type { Client, QuestionName, Questions } from '../../src/ask/contract.ts';

/** A client of the server that runs on this folder, the one that commands use. @throws where none runs */
export async function clientOf(data: string): Promise<Client> {
  const client = await connectServer(data);
  if (!client) throw new Error(`no server answers on ${data}`);
  return client;
}

/** All rows of an answer; an answer that breaks off throws. */
export async function rowsOf<Name extends QuestionName>(
  client: Client,
  name: Name,
  params: Questions[Name]['params'],
): Promise<Questions[Name]['row'][]> {
  const rows: Questions[Name]['row'][] = [];
  for await (const row of client.ask(name, params, new AbortController().signal)) {
    if (!('_cursor' in row)) rows.push(row as Questions[Name]['row']);
  }
  return rows;
}

/** How many messages match, whenever they arrived. */
export async function countOf(client: Client, query = ''): Promise<number> {
  const [row] = await rowsOf(client, 'count', { query, since: 'all' });
  return row!.count;
}
