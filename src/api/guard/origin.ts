import type { IncomingHttpHeaders } from 'node:http';

/** Methods that change nothing. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * Why a request is refused as one that a page of another site made; undefined if it is not. Browsers say where a request
 * comes from (Fetch Metadata, or `Origin`), and programs say nothing. A link to the page itself may come from anywhere.
 * @param route the path of the route that answers: one address can be written in many ways
 */
export function foreignOrigin(method: string, route: string, headers: IncomingHttpHeaders): string | undefined {
  if (SAFE.has(method) && !route.startsWith('/api/')) return undefined;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) {
    const isOwn = site === 'same-origin' || (SAFE.has(method) && site === 'none');
    return isOwn ? undefined : `a page of another site made it (Sec-Fetch-Site: ${String(site).slice(0, 20)})`;
  }
  const { origin, host } = headers;
  if (origin === undefined || hostOf(origin) === host?.toLowerCase()) return undefined;
  return `a page of ${origin.slice(0, 100)} made it`;
}

/** `host:port` of an origin, as a `Host` header has it. */
function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host;
}
