export { serveHttp } from './server.ts';
