import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashPassword } from '../../src/api/access/passwords.ts';
import { Chromium, type Page } from '../support/chromium.ts';
import type { View } from '../support/page.ts';
import { BIN, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { buildPage } from './build.ts';

/** A listener and the page, with users. */
export const CONFIG = `listen: [{kind: tcp, name: tcp0, address: '127.0.0.1:0'}]
web: {address: '127.0.0.1:0', users: 'USERS'}
`;
const PASSWORD = 'open sesame';

export type PageWorldOptions = {
  /** The configuration; `USERS` in it becomes the file of users. Default: one listener, and the page. */
  readonly config?: string;
  /** Users by name, in the form of users.yaml; all have the same password. */
  readonly users?: Readonly<Record<string, { readonly role: string; readonly only?: string }>>;
  /** Fills the data folder before the server starts. */
  readonly prepare?: (data: string) => Promise<void>;
};

/** A real server with its page, and a real browser. */
export class PageWorld implements AsyncDisposable {
  server: Server;
  readonly #chromium: Chromium;
  readonly #folder: ReturnType<typeof temporaryFolder>;

  private constructor(server: Server, chromium: Chromium, folder: ReturnType<typeof temporaryFolder>) {
    this.server = server;
    this.#chromium = chromium;
    this.#folder = folder;
  }

  get url(): string {
    return webAddress(this.server)!;
  }

  /** Builds the page and starts both. */
  static async start({ config = CONFIG, users = {}, prepare }: PageWorldOptions = {}): Promise<PageWorld> {
    await buildPage();
    const folder = temporaryFolder();
    const usersFile = join(folder.path, 'users.yaml');
    const password = await hashPassword(PASSWORD);
    const entries = Object.entries(users).map(([name, entry]) => [name, { ...entry, password }]);
    writeFileSync(usersFile, JSON.stringify({ users: Object.fromEntries(entries) }), { mode: 0o640 });
    writeFileSync(join(folder.path, 'cordwood.yaml'), config.replace('USERS', usersFile));
    await prepare?.(join(folder.path, 'data'));
    return new PageWorld(await serverIn(folder.path), await Chromium.start(), folder);
  }

  /** Stops the server and starts another one with the same data, at another address. */
  async restart(): Promise<void> {
    await this.server.kill('SIGTERM');
    this.server = await serverIn(this.#folder.path);
  }

  /** Sends messages (without the octet count) and waits until searches find them. */
  async send(lines: readonly string[]): Promise<void> {
    const before = (await this.server.stats()).counters['writer.messages'] ?? 0;
    await this.server.send(lines);
    await until('the lines in the store', async () => {
      const { counters } = await this.server.stats();
      return (counters['writer.messages'] ?? 0) >= before + lines.length;
    });
  }

  /** A tab with a session of its own, logged in by a link, at this path. */
  async open(path: string, view?: View): Promise<Page> {
    const page = await this.#chromium.open(this.link(), view);
    await page.until("location.pathname === '/' && document.querySelector('.top-end .text') !== null");
    page.console.length = 0;
    await page.goto(this.url + path);
    await page.until(
      "document.querySelector('.footer span, [role=alert]') && !document.querySelector('[aria-busy=true]')",
    );
    return page;
  }

  /** A tab of a user, or of the operator, at a screen that scrolls as a whole, with its first answers. */
  async openScreen(path: string, { view, user }: { view?: View; user?: string } = {}): Promise<Page> {
    const page = await this.#chromium.open(user === undefined ? this.link() : `${this.url}/login`, view);
    if (user !== undefined) await this.#logIn(page, user);
    await page.until("document.querySelector('.top-end .text') !== null");
    page.console.length = 0;
    await page.goto(this.url + path);
    await page.until("document.querySelector('.sheet h1') && !document.querySelector('[aria-busy=true]')");
    return page;
  }

  async #logIn(page: Page, user: string): Promise<void> {
    await page.until("document.querySelector('.login input') !== null");
    await page.click('input[autocomplete=username]');
    await page.type(user);
    await page.click('input[type=password]');
    await page.type(PASSWORD);
    await page.key('Enter');
  }

  /** A tab that is not logged in. */
  async openStranger(path: string): Promise<Page> {
    return await this.#chromium.open(this.url + path);
  }

  link(): string {
    const args = [BIN, 'web', '--data', this.server.data];
    return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chromium[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}

async function serverIn(folder: string): Promise<Server> {
  const server = await Server.start({ data: join(folder, 'data'), config: join(folder, 'cordwood.yaml'), listen: [] });
  await until('the address of the page', () => webAddress(server) !== undefined);
  return server;
}

function webAddress({ output }: Server): string | undefined {
  return /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
}
