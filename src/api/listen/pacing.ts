import type { RequestListener } from 'node:http';

/** Requests that begin in one turn of the event loop. */
const AT_ONCE = 4;
/** What asks whether the server lives: never waits, since a server that seems dead is restarted. */
const HEALTH = /^\/health\//;

/**
 * Lets requests begin a few at a time: however many come at once, health checks, streams and other connections get
 * their turn in between. Those whose client is gone when their turn comes are left out.
 */
export function paced(handler: RequestListener): RequestListener {
  const waiting: Parameters<RequestListener>[] = [];
  let begun = 0;
  const next = (): void => {
    begun = 0;
    while (begun < AT_ONCE && waiting.length > 0) {
      const [request, response] = waiting.shift()!;
      if (request.socket.destroyed) continue;
      begin(request, response);
    }
  };
  const begin = (...[request, response]: Parameters<RequestListener>): void => {
    if (begun === 0) setImmediate(next);
    begun++;
    handler(request, response);
  };
  return (request, response) => {
    if (HEALTH.test(request.url ?? '')) handler(request, response);
    else if (begun < AT_ONCE && waiting.length === 0) begin(request, response);
    else waiting.push([request, response]);
  };
}
