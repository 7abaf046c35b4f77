import { writeFileSync } from 'node:fs';
import { until } from './until.ts';

/** Sends a command of the DevTools protocol to one tab. */
export type Send = (method: string, params?: object) => Promise<Record<string, unknown>>;
/** Hears the events of one tab. */
export type Listen = (listener: (method: string, params: Record<string, unknown>) => void) => void;

export type View = {
  /** CSS pixels. */
  readonly width: number;
  /** CSS pixels; default 600. */
  readonly height?: number;
  readonly isDark: boolean;
  /** As with a high-contrast theme of the system. */
  readonly forcesColors?: boolean;
};

type Point = { readonly x: number; readonly y: number };

/** The keys that are no letters, by the name in `KeyboardEvent.key`. */
const KEY_CODES: Readonly<Record<string, number>> = {
  Enter: 13,
  Escape: 27,
  Tab: 9,
  Backspace: 8,
  ArrowLeft: 37,
  ArrowUp: 38,
  ArrowRight: 39,
  ArrowDown: 40,
  Home: 36,
  End: 35,
};
const MODIFIERS = { Alt: 1, Control: 2, Meta: 4, Shift: 8 } as const;

/** A page as it is shown in a tab of its own, with what it asked the network for and complained about. */
export class Page {
  readonly requests: string[] = [];
  /** What it wrote to the console, and exceptions that it did not catch. */
  readonly console: string[] = [];
  /** What its policy of content security refused. */
  readonly violations: string[] = [];
  readonly #send: Send;
  #url = '';
  #loaded = Promise.withResolvers<void>();

  constructor(send: Send, listen: Listen) {
    this.#send = send;
    listen((method, params) => this.#hear(method, params));
  }

  #hear(method: string, params: Record<string, unknown>): void {
    const { request, entry, exceptionDetails, issue, args } = params as {
      request?: { url: string };
      entry?: { level: string; source: string; text: string; url?: string };
      exceptionDetails?: { text: string; exception?: { description?: string } };
      issue?: { code: string; details: object };
      args?: { value?: unknown; description?: string }[];
    };
    if (method === 'Network.requestWillBeSent' && request!.url !== this.#url) this.requests.push(request!.url);
    else if (method === 'Page.loadEventFired') this.#loaded.resolve();
    else if (method === 'Runtime.consoleAPICalled')
      this.console.push(args!.map(({ value, description }) => String(value ?? description)).join(' '));
    else if (method === 'Runtime.exceptionThrown')
      this.console.push(exceptionDetails!.exception?.description ?? exceptionDetails!.text);
    else if (method === 'Log.entryAdded' && entry!.level === 'error')
      (entry!.source === 'security' ? this.violations : this.console).push(`${entry!.text} ${entry!.url ?? ''}`);
    else if (method === 'Audits.issueAdded' && issue!.code === 'ContentSecurityPolicyIssue')
      this.violations.push(JSON.stringify(issue!.details));
  }

  /** Any other command of the DevTools protocol. */
  async command(method: string, params?: object): Promise<Record<string, unknown>> {
    return await this.#send(method, params);
  }

  /** Shows it in another width or light. */
  async view({ width, height = 600, isDark, forcesColors = false }: View): Promise<void> {
    const metrics = { width, height, deviceScaleFactor: 1, mobile: width < 600 };
    await this.#send('Emulation.setDeviceMetricsOverride', metrics);
    const features = [
      { name: 'prefers-color-scheme', value: isDark ? 'dark' : 'light' },
      { name: 'forced-colors', value: forcesColors ? 'active' : 'none' },
    ];
    await this.#send('Emulation.setEmulatedMedia', { features });
  }

  /** Goes to an address and waits until it is loaded. */
  async goto(url: string): Promise<void> {
    this.#url = url;
    this.#loaded = Promise.withResolvers<void>();
    const { loaderId } = await this.#send('Page.navigate', { url });
    // Another fragment of the same document loads nothing.
    if (loaderId !== undefined) await this.#loaded.promise;
  }

  /** The value of an expression, as JSON can carry it; of a promise, what it becomes. */
  async evaluate(expression: string): Promise<unknown> {
    const options = { returnByValue: true, awaitPromise: true, userGesture: true };
    const { result, exceptionDetails } = await this.#send('Runtime.evaluate', { expression, ...options });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value?: unknown }).value;
  }

  /** Waits until an expression is truthy and returns its value. */
  async until(expression: string, deadlineMs?: number): Promise<unknown> {
    return await until(expression, () => this.evaluate(expression), deadlineMs);
  }

  /** Presses a key: `j`, `Enter`, `Shift+ArrowDown`, `Control+Enter`. */
  async key(name: string): Promise<void> {
    const parts = name === '+' ? ['+'] : name.split('+');
    const key = parts.pop()!;
    const modifiers = parts.reduce((sum, part) => sum | MODIFIERS[part as keyof typeof MODIFIERS], 0);
    const code = KEY_CODES[key] ?? key.toUpperCase().charCodeAt(0);
    const text = key === 'Enter' ? '\r' : key.length === 1 && modifiers === 0 ? key : undefined;
    const event = { key, modifiers, windowsVirtualKeyCode: code, ...(text !== undefined && { text }) };
    await this.#send('Input.dispatchKeyEvent', { type: text === undefined ? 'rawKeyDown' : 'keyDown', ...event });
    await this.#send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
  }

  /** Types a text into what has the focus. */
  async type(text: string): Promise<void> {
    await this.#send('Input.insertText', { text });
  }

  /** Clicks into the middle of the first element that the selector finds. */
  async click(selector: string): Promise<void> {
    const at = await this.middleOf(selector);
    await this.#mouse('mousePressed', at);
    await this.#mouse('mouseReleased', at);
  }

  async hover(at: Point): Promise<void> {
    await this.#mouse('mouseMoved', at, 'none');
  }

  /** Drags from one point to another, CSS pixels of the window. */
  async drag(from: Point, to: Point): Promise<void> {
    await this.#mouse('mouseMoved', from, 'none');
    await this.#mouse('mousePressed', from);
    for (const part of [0.25, 0.5, 0.75, 1])
      await this.#mouse('mouseMoved', { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part });
    await this.#mouse('mouseReleased', to);
  }

  async middleOf(selector: string): Promise<Point> {
    const found = await this.evaluate(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element?.scrollIntoView({ block: 'nearest' });
      const box = element?.getBoundingClientRect();
      return box && { x: box.left + box.width / 2, y: box.top + box.height / 2 };
    })()`);
    if (!found) throw new Error(`the page has no ${selector}`);
    return found as Point;
  }

  async #mouse(type: string, { x, y }: Point, button = 'left'): Promise<void> {
    const buttons = button === 'none' || type === 'mouseReleased' ? 0 : 1;
    await this.#send('Input.dispatchMouseEvent', { type, x, y, button, buttons, clickCount: 1 });
  }

  /** Writes a picture of the whole page. */
  async picture(path: string): Promise<void> {
    const { data } = await this.#send('Page.captureScreenshot', { captureBeyondViewport: true });
    writeFileSync(path, Buffer.from(data as string, 'base64'));
  }
}
