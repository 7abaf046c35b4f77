import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { find } from './require.ts';
import { temporaryFolder } from './tmp.ts';

type Answer = { readonly id?: number; readonly method?: string; readonly sessionId?: string } & {
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
};

type View = {
  /** CSS pixels. */
  readonly width: number;
  readonly isDark: boolean;
};

/** A page as it is shown, with what it asked the network for. */
export type Page = {
  readonly requests: readonly string[];
  /** Shows it in another width or light. */
  view(view: View): Promise<void>;
  /** The value of an expression, as JSON can carry it. */
  evaluate(expression: string): Promise<unknown>;
  /** Writes a picture of the whole page. */
  picture(path: string): Promise<void>;
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
    const { targetId } = await this.#send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.#send('Target.attachToTarget', { targetId, flatten: true });
    const send = (method: string, params?: object) => this.#send(method, params, sessionId as string);
    const file = join(this.#folder.path, `${this.#files++}.html`);
    writeFileSync(file, html);
    const requests: string[] = [];
    const { promise: loaded, resolve } = Promise.withResolvers<void>();
    this.#heard.push(({ sessionId: from, method, params }) => {
      if (from !== sessionId) return;
      const { url } = (params?.['request'] ?? {}) as { url?: string };
      if (method === 'Network.requestWillBeSent' && url !== `file://${file}`) requests.push(url!);
      if (method === 'Page.loadEventFired') resolve();
    });
    await send('Network.enable');
    const nothing = { offline: true, latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
    await send('Network.emulateNetworkConditions', nothing);
    await send('Page.enable');
    await send('Page.navigate', { url: `file://${file}` });
    await loaded;
    return pageOf(send, requests);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
    this.#folder[Symbol.dispose]();
  }
}

type Send = (method: string, params?: object) => Promise<Record<string, unknown>>;

function pageOf(send: Send, requests: readonly string[]): Page {
  return {
    requests,
    view: async ({ width, isDark }) => {
      const metrics = { width, height: 600, deviceScaleFactor: 1, mobile: width < 600 };
      await send('Emulation.setDeviceMetricsOverride', metrics);
      const features = [{ name: 'prefers-color-scheme', value: isDark ? 'dark' : 'light' }];
      await send('Emulation.setEmulatedMedia', { features });
    },
    evaluate: async (expression) => {
      const { result, exceptionDetails } = await send('Runtime.evaluate', { expression, returnByValue: true });
      if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
      return (result as { value?: unknown }).value;
    },
    picture: async (path) => {
      const { data } = await send('Page.captureScreenshot', { captureBeyondViewport: true });
      writeFileSync(path, Buffer.from(data as string, 'base64'));
    },
  };
}
