import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';

/** Sends a question and returns once the answer begins. */
export async function post(path: string, url: string, body: unknown, method = 'POST') {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { 'content-type': 'application/json' };
  const sent: ClientRequest = request({ socketPath: path, path: url, method, headers, agent: false }, resolve);
  sent.on('error', reject);
  sent.end(method === 'GET' ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  const answered = await promise;
  sent.on('error', () => undefined);
  return { status: answered.statusCode, answered, sent };
}

/** The rows of an answer as they come. */
export async function* rowsOf(answered: IncomingMessage): AsyncGenerator<Record<string, unknown>> {
  for await (const line of createInterface({ input: answered })) yield JSON.parse(line);
}

/** A whole answer: its status and its rows. */
export async function ask(path: string, url: string, body: unknown = {}, method = 'POST') {
  const { status, answered } = await post(path, url, body, method);
  const rows: Record<string, unknown>[] = [];
  for await (const row of rowsOf(answered)) rows.push(row);
  return { status, rows };
}
