import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';

type Handler = (params: Record<string, unknown>, response: ServerResponse, request: IncomingMessage) => void;

/** A server on a unix socket with one handler for each question in turn; the last handler stays. */
export class SocketServer implements AsyncDisposable {
  readonly path: string;
  readonly asked: { name: string; params: Record<string, unknown> }[] = [];
  readonly #server: Server;

  private constructor(path: string, handlers: Handler[]) {
    this.path = path;
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const params = JSON.parse(body);
        this.asked.push({ name: request.url!.slice(1), params });
        const handler = handlers.length > 1 ? handlers.shift()! : handlers[0]!;
        handler(params, response, request);
      });
    });
  }

  static async start(folder: string, handlers: Handler[], path = join(folder, 'control.sock')): Promise<SocketServer> {
    const server = new SocketServer(path, [...handlers]);
    server.#server.listen(path);
    await once(server.#server, 'listening');
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    rmSync(this.path, { force: true });
  }
}

/** Answers with these lines. */
export function lines(...rows: object[]): Handler {
  return (_params, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.end(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  };
}

/** Answers with these lines and cuts the connection. */
export function broken(...rows: object[]): Handler {
  return (_params, response) => {
    response.writeHead(200);
    response.write(rows.map((row) => `${JSON.stringify(row)}\n`).join(''), () => response.destroy());
  };
}

/** Answers with these lines and keeps the connection open. */
export function open(...rows: object[]): Handler {
  return (_params, response) => {
    response.writeHead(200);
    response.write(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  };
}
