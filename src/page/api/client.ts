import { signal } from '@preact/signals';
import { Failure } from './failure.ts';

type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

/** Whether the server asks for a login; every screen gives way to it then. */
export const needsLogin = signal(false);

/** How far the server's clock is ahead of the browser's, ms, as its last answer says to the second. */
let ahead = 0;

/** The time on the server's clock. A browser whose clock is nearly right is believed to the millisecond. */
export function serverTime(): number {
  return Date.now() + (Math.abs(ahead) > 2000 ? ahead : 0);
}

/** Longer addresses are sent as a body: servers and proxies limit the length of a request's head. */
const MAX_ADDRESS = 6000;

/** Asks `GET /api/v1/<path>`. @throws Failure if it is not answered with 2xx, AbortError if it was given up */
export async function ask<Answer>(path: string, parameters: Parameters = {}, abort?: AbortSignal): Promise<Answer> {
  const address = addressOf(path, parameters);
  if (address.length <= MAX_ADDRESS) return await request<Answer>('GET', address, { abort });
  const body = Object.fromEntries(
    Object.entries(parameters).filter(([, value]) => value !== undefined && value !== ''),
  );
  return await request<Answer>('POST', addressOf(path, {}), { body, abort });
}

/** Why `GET` of this address is refused, for a stream, which does not say; undefined if it is not refused now. */
export async function refusalOf(address: string): Promise<Failure | undefined> {
  const abort = new AbortController();
  try {
    const response = await fetch(address, { signal: abort.signal });
    if (response.ok) return undefined;
    if (response.status === 401) needsLogin.value = true;
    return new Failure(response.status, (parsed(await response.text()) ?? {}) as Failure['problem']);
  } catch {
    return undefined;
  } finally {
    abort.abort();
  }
}

/**
 * Changes something: `POST`, `PUT` or `DELETE /api/v1/<path>` with a body of JSON.
 * @param revision what the user has seen: if it was changed since, nothing is
 * @throws Failure
 */
export async function change<Answer>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: object,
  revision?: number,
): Promise<Answer> {
  return await request<Answer>(method, addressOf(path, {}), { body, revision });
}

/** The address of a request; parameters that are undefined or empty are left out. */
export function addressOf(path: string, parameters: Parameters): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return `/api/v1/${path}${text && `?${text}`}`;
}

type Sent = {
  readonly body?: object | undefined;
  readonly abort?: AbortSignal | undefined;
  readonly revision?: number | undefined;
};

async function request<Answer>(method: string, url: string, { body, abort, revision }: Sent): Promise<Answer> {
  const headers = {
    accept: 'application/json',
    ...(body && { 'content-type': 'application/json' }),
    ...(revision !== undefined && { 'if-match': `"${revision}"` }),
  };
  const init: RequestInit = { method, headers, signal: abort ?? null, ...(body && { body: JSON.stringify(body) }) };
  const response = await fetch(url, init).catch((error: unknown) => {
    if (abort?.aborted) throw error;
    throw new Failure(0, { message: 'the server does not answer: it may be stopped, or the network is down' });
  });
  const stamp = Date.parse(response.headers.get('date') ?? '');
  if (!Number.isNaN(stamp)) ahead = stamp - Date.now();
  const text = await response.text();
  const value: unknown = text === '' ? undefined : parsed(text);
  if (response.ok) return value as Answer;
  if (response.status === 401) needsLogin.value = true;
  throw new Failure(response.status, (value ?? {}) as Failure['problem']);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
