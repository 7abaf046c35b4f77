import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** The files of the page, as `npm run build:page` writes them. */
const FOLDER = fileURLToPath(new URL('../../dist/page', import.meta.url));
/** Addresses of the page; all have the same document, which holds no data. */
const PAGE_PATHS = ['/', '/m/:id', '/hosts', '/alerts', '/streams', '/account', '/saved', '/login'];
/** Vite names the files of assets/ by their content. */
const FOREVER = 'public, max-age=31536000, immutable';

const NOT_BUILT = `The web page is not built. In a checkout: npm run build:page, then reload.
The REST API works without it: /api/v1/openapi.json
`;

/** Serves the files of the page. */
export async function addFiles(server: FastifyInstance): Promise<void> {
  if (existsSync(FOLDER)) {
    await server.register(fastifyStatic, {
      root: FOLDER,
      prefix: '/page/',
      index: false,
      preCompressed: true,
      cacheControl: false,
      setHeaders: (reply, path) => {
        const isNamedByContent = path.startsWith(FOLDER) && path.includes('/assets/');
        reply.header('cache-control', isNamedByContent ? FOREVER : 'no-cache');
      },
    });
  }
  for (const path of PAGE_PATHS) {
    server.get(path, (_, reply) => {
      if (existsSync(`${FOLDER}/index.html`) && 'sendFile' in reply) return reply.sendFile('index.html');
      return reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT);
    });
  }
}
