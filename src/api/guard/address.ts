import type { IncomingMessage } from 'node:http';

/** A request to a proxy names the server in its address (RFC 9112 section 3.2.2, absolute-form). */
const ABSOLUTE = /^https?:\/\/([^/?#]*)/i;

/**
 * The address of a request as the router reads it, so that every request passes the same checks: without the server in
 * front, which then counts in place of the `Host` header, and with every `%` of a path that cannot be decoded as itself.
 */
export function addressOf(request: Pick<IncomingMessage, 'url' | 'headers'>): string {
  const { url = '/', headers } = request;
  const [absolute, host] = ABSOLUTE.exec(url) ?? [];
  if (host !== undefined) headers.host = host;
  const own = absolute === undefined ? url : url.slice(absolute.length);
  const rooted = own.startsWith('/') || own === '*' ? own : `/${own}`;
  const [path = ''] = /^[^?#]*/.exec(rooted) ?? [];
  return isReadable(path) ? rooted : path.replaceAll('%', '%25') + rooted.slice(path.length);
}

function isReadable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
