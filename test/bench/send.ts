import { spawn } from 'node:child_process';
import { join } from 'node:path';

export type Load = {
  readonly port: number;
  readonly file: string;
  readonly lines: number;
  readonly transport?: 'tcp' | 'udp';
  readonly connections?: number;
  /** Lines a second in all; as fast as it goes without it. */
  readonly rate?: number;
};

/** `startedAt` is on performance.now() of this process, when the first line went out, nearly. */
export type Sent = { readonly lines: number; readonly seconds: number; readonly startedAt: number };

/** Runs the sender as a process of its own: what it costs is counted to nobody. @throws where it fails */
export async function send({ port, file, lines, transport = 'tcp', connections = 4, rate = 0 }: Load): Promise<Sent> {
  const options = {
    target: `127.0.0.1:${port}`,
    file,
    lines: String(lines),
    transport,
    connections: String(connections),
    rate: String(rate),
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sender.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  let printedAt = 0;
  child.stdout.on('data', (chunk) => {
    text += chunk;
    printedAt = performance.now();
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`the sender exited ${code}`);
  const sent = JSON.parse(text) as { lines: number; seconds: number };
  return { ...sent, startedAt: printedAt - sent.seconds * 1000 };
}
