import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const root = join(import.meta.dirname, '..');

/** Where `npm run dev:page` finds the API: the `web:` address of a running server. */
const SERVER = process.env['CORDWOOD_WEB'] ?? 'http://127.0.0.1:8514';

/** Addresses below the root that the server answers; all others are the page. */
const ASKED = ['/api', '/health', '/metrics'];

/** Shows the page at the addresses of its screens, as the server does. */
const screens: Plugin = {
  name: 'screens',
  configureServer(server) {
    server.middlewares.use((request, _, next) => {
      const { url = '/', headers } = request;
      const isScreen =
        headers.accept?.includes('text/html') && ![...ASKED, '/page/'].some((path) => url.startsWith(path));
      if (isScreen) request.url = '/page/index.html';
      next();
    });
  },
};

export default defineConfig({
  root: join(root, 'src/page'),
  // The server answers files of the page below this path, and `index.html` for every screen.
  base: '/page/',
  publicDir: false,
  plugins: [screens],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: join(root, 'dist/page'),
    emptyOutDir: true,
    target: 'es2023',
    // The policy of the page allows neither inlined files nor inlined scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    // The server answers only to names that it knows.
    proxy: Object.fromEntries(ASKED.map((path) => [path, { target: SERVER, changeOrigin: true }])),
  },
});
