import { mkdirSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { makeToken, tokenHash } from '../../src/api/access/tokens.ts';
import type { Api } from '../../src/api/contract.ts';
import { serveApi } from '../../src/api/index.ts';
import { type WebSettings, webSchema } from '../../src/api/settings.ts';
import { ALL_COUNTERS } from '../../src/assembly/counters.ts';
import { Counters } from '../../src/base/counters.ts';
import type { Logger } from '../../src/base/log.ts';
import { SILENT } from '../../src/base/log.ts';
import { textFormat } from '../../src/cli/formats/registry.ts';
import { World } from '../ask/world.ts';
import { temporaryFolder } from '../support/tmp.ts';

const PASSWORD = 'open sesame';
/** Of that password, at a thousandth of the usual cost: a hash says what it costs to check. */
const HASH = '$scrypt$ln=5,r=8,p=3$MDEyMzQ1Njc4OWFiY2RlZg$4HI5P3hsLg4zZPk52AF+iKRMrvfMgjBTpiD3f9rCFek';

type Entry = { readonly role: string; readonly only?: string };
export type ServedOptions = {
  readonly web?: object;
  readonly users?: Readonly<Record<string, Entry>>;
  /** By name; each gets a token, see `token()`. */
  readonly tokens?: Readonly<Record<string, Entry & { readonly from?: readonly string[]; readonly expires?: string }>>;
  readonly log?: Logger;
};

export type Reply = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly trailers: IncomingMessage['trailers'];
  readonly text: string;
  readonly json: Record<string, unknown>;
};

export type Sent = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or a text as it is. */
  readonly body?: object | string;
  readonly cookie?: string | undefined;
  /** The address of this machine that the request comes from. */
  readonly from?: string;
};

/** A web page over a store in memory, on a port of its own. */
export class Served implements AsyncDisposable {
  readonly world = new World();
  readonly counters = new Counters(ALL_COUNTERS);
  unready: string[] = [];
  isOpen = true;
  readonly folder: string;
  readonly usersFile: string;
  readonly #folder = temporaryFolder();
  readonly #options: ServedOptions;
  readonly #tokens = new Map<string, string>();
  #api: Api | undefined;

  private constructor(options: ServedOptions) {
    this.#options = options;
    this.folder = this.#folder.path;
    this.usersFile = join(this.folder, 'users.yaml');
  }

  static async start(options: ServedOptions = {}): Promise<Served> {
    const served = new Served(options);
    const { users = {}, tokens = {} } = options;
    served.writeUsers(users, tokens);
    const web = { address: '127.0.0.1:0', users: served.usersFile, ...options.web };
    await served.open(webSchema.parse(web));
    return served;
  }

  async open(settings: WebSettings): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    this.#api = await serveApi({
      settings,
      data: this.folder,
      version: '1.2.3',
      context: () => (this.isOpen ? this.world.context : undefined),
      unready: () => this.unready,
      degraded: () => [],
      declared: ALL_COUNTERS,
      status: () => ({
        version: '1.2.3',
        running: true,
        data: this.folder,
        spool: { segments: 0, bytes: 0, limit: 0, waitingBytes: 0 },
        listeners: [],
        counters: this.counters.snapshot(),
      }),
      visibleAt: () => undefined,
      counters: this.counters,
      format: textFormat,
      log: this.#options.log ?? SILENT,
    });
  }

  /** Writes the file of users: every user has the same password. */
  writeUsers(users: ServedOptions['users'] & {}, tokens: ServedOptions['tokens'] & {}): void {
    const withSecrets = {
      users: Object.fromEntries(Object.entries(users).map(([name, entry]) => [name, { ...entry, password: HASH }])),
      tokens: Object.fromEntries(
        Object.entries(tokens).map(([name, entry]) => [name, { ...entry, sha256: tokenHash(this.token(name)) }]),
      ),
    };
    writeFileSync(this.usersFile, JSON.stringify(withSecrets), { mode: 0o640 });
  }

  /** The token of this name. */
  token(name: string): string {
    const token = this.#tokens.get(name) ?? makeToken();
    this.#tokens.set(name, token);
    return token;
  }

  get api(): Api {
    return this.#api!;
  }

  get port(): number {
    return Number(this.api.address.replace(/.*:/, ''));
  }

  send(path: string, sent: Sent = {}): Promise<Reply> {
    return send(this.port, path, sent);
  }

  /** As the token of this name. */
  as(name: string, path: string, sent: Sent = {}): Promise<Reply> {
    return this.send(path, { ...sent, headers: { authorization: `Bearer ${this.token(name)}`, ...sent.headers } });
  }

  /** Logs in. @returns the cookie */
  async logIn(user: string, password = PASSWORD): Promise<string> {
    return cookieOf(await this.send('/api/v1/session', { method: 'POST', body: { user, password } }));
  }

  async stop(): Promise<void> {
    await this.#api?.[Symbol.asyncDispose]();
    this.#api = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#folder[Symbol.dispose]();
  }
}

/** The cookie that an answer sets, as the next request sends it. @throws if it sets none */
export function cookieOf({ headers, status, text }: Reply): string {
  const [cookie] = headers['set-cookie'] ?? [];
  if (cookie === undefined) throw new Error(`no cookie: ${status} ${text}`);
  return cookie.split(';')[0]!;
}

/** Sends a request to a port of this machine and reads the whole answer, or the head of an event stream. `ca` makes it HTTPS. */
export function send(port: number, path: string, sent: Sent = {}, ca?: string): Promise<Reply> {
  const { method = 'GET', headers = {}, body, cookie, from } = sent;
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const text = typeof body === 'object' ? JSON.stringify(body) : body;
  const all = {
    ...(typeof body === 'object' && { 'content-type': 'application/json' }),
    ...(text !== undefined && { 'content-length': String(Buffer.byteLength(text)) }),
    ...(cookie !== undefined && { cookie }),
    ...headers,
  };
  const options = { host: '127.0.0.1', port, path, method, headers: all, agent: false, localAddress: from };
  const read = (response: IncomingMessage): void => {
    let received = '';
    const answered = (): void =>
      resolve({
        status: response.statusCode!,
        headers: response.headers,
        trailers: response.trailers,
        text: received,
        json: parsed(received),
      });
    if (response.headers['content-type']?.startsWith('text/event-stream')) {
      // Such an answer has no end.
      answered();
      response.destroy();
      return;
    }
    response.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk;
    });
    response.on('error', reject);
    response.on('end', answered);
  };
  const request =
    ca === undefined ? httpRequest(options, read) : httpsRequest({ ...options, ca, servername: 'localhost' }, read);
  request.on('error', reject);
  request.end(text);
  return promise;
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
