import { type IncomingMessage, request } from 'node:http';

/** A server-sent event: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export type StreamEvent = { readonly event: string; readonly id: string | undefined; readonly data: never };

/** An open stream of events. */
export class EventStream implements Disposable {
  readonly response: IncomingMessage;

  private constructor(response: IncomingMessage) {
    this.response = response;
  }

  /** Asks for one and returns once its headers are there. */
  static async open(
    port: number,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    signal?: AbortSignal,
  ): Promise<EventStream> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const options = { host: '127.0.0.1', port, path, headers, agent: false, ...(signal && { signal }) };
    request(options, resolve).on('error', reject).end();
    const response = await promise;
    response.on('error', () => {});
    return new EventStream(response);
  }

  get status(): number {
    return this.response.statusCode!;
  }

  /** The whole answer, of a request that is refused. */
  async text(): Promise<string> {
    let text = '';
    for await (const chunk of this.response.setEncoding('utf8')) text += chunk;
    return text;
  }

  /** The events as they come. An event whose end does not arrive is dropped, as browsers do. */
  async *events(): AsyncGenerator<StreamEvent> {
    let rest = '';
    for await (const chunk of this.response.setEncoding('utf8')) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) {
        const event = read(block);
        if (event) yield event;
      }
    }
  }

  /** Cuts the connection. */
  [Symbol.dispose](): void {
    this.response.destroy();
  }
}

/** Undefined for a block without data, such as a comment. */
function read(block: string): StreamEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name !== undefined) fields.set(name, value!);
  }
  const data = fields.get('data');
  if (data === undefined) return undefined;
  return { event: fields.get('event') ?? 'message', id: fields.get('id'), data: JSON.parse(data) as never };
}
