export { type HttpOptions, serveHttp } from './server.ts';
