import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type Listen, Page, type Send, type View } from './page.ts';
import { find } from './require.ts';
import { temporaryFolder } from './tmp.ts';

export type { Page } from './page.ts';

type Answer = { readonly id?: number; readonly method?: string; readonly sessionId?: string } & {
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
};

/** A real Chromium without a window, spoken to by the DevTools protocol over a pipe. */
export class Chromium implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Answer>;
  readonly #folder = temporaryFolder();
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #heard: ((answer: Answer) => void)[] = [];
  #lastId = 0;
  #files = 0;

  private constructor() {
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars'];
    const profile = `--user-data-dir=${join(this.#folder.path, 'profile')}`;
    const quiet = ['--no-first-run', '--disable-extensions', '--disable-background-networking', '--disable-sync'];
    this.#child = spawn(find('chromium')!, [...flags, ...quiet, profile, '--remote-debugging-pipe', 'about:blank'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.#ended = once(this.#child, 'exit').then(() => ({ error: { message: 'chromium ended' } }));
    let rest = '';
    (this.#child.stdio[4] as Readable).setEncoding('utf8').on('data', (chunk: string) => {
      const texts = (rest + chunk).split('\0');
      rest = texts.pop()!;
      for (const text of texts) this.#hear(JSON.parse(text));
    });
  }

  static async start(): Promise<Chromium> {
    const chromium = new Chromium();
    await chromium.#send('Browser.getVersion');
    return chromium;
  }

  #hear(answer: Answer): void {
    if (answer.id === undefined) for (const listener of this.#heard) listener(answer);
    else this.#waiting.get(answer.id)?.(answer);
  }

  async #send(method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#lastId;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    (this.#child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    const { result, error } = await Promise.race([answered, this.#ended]);
    this.#waiting.delete(id);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  /** Shows a page of this source; nothing that it asks the network for is given to it. */
  async show(html: string): Promise<Page> {
    const file = join(this.#folder.path, `${this.#files++}.html`);
    writeFileSync(file, html);
    const { send, listen } = await this.#tab();
    const nothing = { offline: true, latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
    await send('Network.emulateNetworkConditions', nothing);
    const page = new Page(send, listen);
    await page.goto(`file://${file}`);
    return page;
  }

  /** Opens an address. */
  async open(url: string, view: View = { width: 1280, isDark: false }): Promise<Page> {
    const { send, listen } = await this.#tab();
    const page = new Page(send, listen);
    await page.view(view);
    await page.goto(url);
    return page;
  }

  async #tab(): Promise<{ send: Send; listen: Listen }> {
    const { browserContextId } = await this.#send('Target.createBrowserContext');
    const { targetId } = await this.#send('Target.createTarget', { url: 'about:blank', browserContextId });
    const { sessionId } = await this.#send('Target.attachToTarget', { targetId, flatten: true });
    const send: Send = (method, params) => this.#send(method, params, sessionId as string);
    for (const domain of ['Network', 'Page', 'Runtime', 'Log', 'Audits']) await send(`${domain}.enable`);
    const listen: Listen = (listener) => {
      this.#heard.push(({ sessionId: from, method, params }) => {
        if (from === sessionId && method) listener(method, params ?? {});
      });
    };
    return { send, listen };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
    this.#folder[Symbol.dispose]();
  }
}
