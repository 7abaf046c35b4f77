import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from './ports.ts';
import { until } from './until.ts';

/** A series of an answer: its labels, and its value now. */
export type Answered = { readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string] };

/** A Prometheus process that reads the servers of its configuration; it writes only below `folder`. */
export class Prometheus implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #url: string;
  #output = '';

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#url = url;
    child.stderr?.on('data', (text) => {
      this.#output += text;
    });
  }

  static async start(config: string, folder: string): Promise<Prometheus> {
    const address = `127.0.0.1:${await freePort()}`;
    const words = [`--config.file=${config}`, `--storage.tsdb.path=${folder}`, `--web.listen-address=${address}`];
    const child = spawn('prometheus', words, { stdio: ['ignore', 'ignore', 'pipe'] });
    const one = new Prometheus(child, `http://${address}`);
    await until('Prometheus to be ready', async () => {
      if (child.exitCode !== null) throw new Error(`Prometheus ended:\n${one.#output}`);
      return await fetch(`${one.#url}/-/ready`)
        .then(({ ok }) => ok)
        .catch(() => false);
    });
    return one;
  }

  /** @throws if Prometheus cannot evaluate the expression */
  async query(expr: string): Promise<Answered[]> {
    const answer = await fetch(`${this.#url}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: expr }),
    });
    const { status, data, error } = (await answer.json()) as {
      status: string;
      data: { result: Answered[] };
      error?: string;
    };
    if (status !== 'success') throw new Error(`Prometheus cannot evaluate ${expr}: ${error}`);
    return data.result;
  }

  /** The health of each rule by its name: `ok`, or why it cannot be evaluated. */
  async rules(): Promise<Map<string, string>> {
    const { data } = (await (await fetch(`${this.#url}/api/v1/rules`)).json()) as {
      data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
    };
    return new Map(
      data.groups.flatMap(({ rules }) =>
        rules.map(({ name, health, lastError }) => [name, lastError ?? health] as const),
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}
