import { spawn } from 'node:child_process';
import { freePort } from '../support/ports.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** Long enough for lines of any age. */
const RETENTION = '10y';

/** VictoriaLogs as it is started without any tuning, in a folder that goes away with it unless one is given. */
export type VictoriaLogs = AsyncDisposable & {
  readonly pid: number;
  readonly folder: string;
  /** The TCP port for syslog lines. */
  readonly port: number;
  /** The rows that a query in LogsQL answers, each the text of a JSON object. */
  ask(query: string): Promise<string[]>;
};

/**
 * Starts the program that CORDWOOD_BENCH_VICTORIALOGS names; undefined without it. Install it with
 * `go install github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs@latest`.
 */
export async function startVictoriaLogs(kept?: string): Promise<VictoriaLogs | undefined> {
  const program = process.env['CORDWOOD_BENCH_VICTORIALOGS'];
  if (!program) return undefined;
  using folders = new DisposableStack();
  const folder = kept ?? folders.use(temporaryFolder()).path;
  const [http, port] = [await freePort(), await freePort()];
  const args = {
    storageDataPath: folder,
    httpListenAddr: `127.0.0.1:${http}`,
    'syslog.listenAddr.tcp': `127.0.0.1:${port}`,
    retentionPeriod: RETENTION,
  };
  const child = spawn(
    program,
    Object.entries(args).map(([name, value]) => `-${name}=${value}`),
    { stdio: 'ignore' },
  );
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const url = `http://127.0.0.1:${http}`;
  const isUp = async () => {
    if (child.exitCode !== null) throw new Error(`${program} exited ${child.exitCode}`);
    return await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  };
  await until('VictoriaLogs to answer', isUp);
  const temporary = folders.move();
  return {
    pid: child.pid!,
    folder,
    port,
    async ask(query) {
      const body = new URLSearchParams({ query });
      const answer = await fetch(`${url}/select/logsql/query`, { method: 'POST', body });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`VictoriaLogs refused ${query}: ${text}`);
      return text.split('\n').filter((line) => line !== '');
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
      temporary[Symbol.dispose]();
    },
  };
}
