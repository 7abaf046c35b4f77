import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/*
 * A receiver of RELP that only acknowledges, a process of its own: what it costs must not be counted to whom it serves.
 * Prints its port, then a line of JSON ten times a second: lines taken so far, and how old the last one was (ms).
 */

const LF = 0x0a;
const OK = ' rsp 6 200 OK\n';
const AT = Buffer.from(' at="');
const TIME = '2026-11-30T19:00:00.000Z'.length;
const EVERY_MS = 100;

/** ms; NaN if the time is cut. */
function timeAt(text: string): number {
  return text.endsWith('Z') ? Date.parse(text) : Number.NaN;
}

type Report = { readonly taken: number; readonly age: number };

function serve(): void {
  let taken = 0;
  let age = 0;
  const server = createServer((socket) => {
    let number = 0;
    let own = 0;
    socket.on('data', (chunk) => {
      let answers = '';
      for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) {
        number++;
        if (number === 1) answers += '1 rsp 30 200 OK\nrelp_software=cordwood\n\n';
        // The offers of `open` have two line ends of their own.
        else if (number > 3) answers += `${number - 2}${OK}`;
      }
      taken += Math.max(0, number - 3) - own;
      own = Math.max(0, number - 3);
      socket.write(answers);
      const at = chunk.lastIndexOf(AT);
      const arrival = at < 0 ? Number.NaN : timeAt(chunk.toString('latin1', at + AT.length, at + AT.length + TIME));
      if (arrival > 0) age = Math.max(age, Date.now() - arrival);
    });
    socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  server.on('listening', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
  setInterval(() => {
    process.stdout.write(`${JSON.stringify({ taken, age } satisfies Report)}\n`);
    age = 0;
  }, EVERY_MS);
}

/** A sink that runs. */
export class Sink implements Disposable {
  readonly #child: ChildProcess;
  readonly port: number;
  taken = 0;
  /** How old the oldest line was when it arrived, ms, since the last `clear`. */
  oldest = 0;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    let rest = '';
    child.stdout!.on('data', (text: Buffer) => {
      const lines = (rest + text.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const { taken, age } = JSON.parse(line) as Report;
        this.taken = taken;
        this.oldest = Math.max(this.oldest, age);
      }
    });
  }

  static async start(): Promise<Sink> {
    const child = spawn(process.execPath, [import.meta.filename], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [port] = await once(child.stdout, 'data');
    return new Sink(child, Number(String(port).split('\n')[0]));
  }

  clear(): void {
    this.oldest = 0;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}

if (import.meta.main) serve();
