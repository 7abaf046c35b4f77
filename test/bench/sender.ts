import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { find } from '../support/require.ts';
import { placeOf } from '../support/senders.ts';

/**
 * A fast sender, a process of its own: what it costs must not be counted to whom it sends. Prints one line of JSON,
 * `{"lines","bytes","seconds","cpuSeconds"}`. Lines come from a file (one a line, begun anew where it is too short),
 * or are made up. TCP is written in pieces of 64 KiB; UDP takes a small C program, since Node cannot send fast enough.
 */
const HELP = `usage: node test/bench/sender.ts --target HOST:PORT [--lines N] [--connections C] [--rate LINES_PER_SECOND]
       [--framing lf|octet] [--transport tcp|udp] [--file LINES]`;

type Job = {
  readonly target: string;
  readonly lines: number;
  readonly connections: number;
  /** Lines a second in all; 0 is as fast as it goes. */
  readonly rate: number;
  readonly framing: 'lf' | 'octet';
  readonly file: string;
};
type Result = { readonly lines: number; readonly bytes: number; readonly seconds: number; readonly cpuSeconds: number };

const PIECE = 64 << 10;
const LF = 0x0a;
/** Pieces of a paced sender are written this often, ms. */
const BEAT = 5;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      target: { type: 'string' },
      lines: { type: 'string', default: '100000' },
      connections: { type: 'string', default: '1' },
      rate: { type: 'string', default: '0' },
      framing: { type: 'string', default: 'lf' },
      transport: { type: 'string', default: 'tcp' },
      file: { type: 'string' },
    },
  });
  if (!values.target || !/^(tcp|udp)$/.test(values.transport) || !/^(lf|octet)$/.test(values.framing)) {
    process.stderr.write(`${HELP}\n`);
    process.exitCode = 64;
    return;
  }
  const job: Job = {
    target: values.target,
    lines: Number(values.lines),
    connections: Number(values.connections),
    rate: Number(values.rate),
    framing: values.framing === 'octet' ? 'octet' : 'lf',
    file: values.file ?? madeUp(),
  };
  const result = values.transport === 'udp' ? sendDatagrams(job) : await sendStreams(job);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** A file of lines for those who bring none. */
function madeUp(): string {
  const file = join(tmpdir(), 'cordwood-sender.log');
  if (existsSync(file)) return file;
  const lines: string[] = [];
  for (let index = 0; index < 20_000; index++) {
    const host = `web-${index % 50}.example.org`;
    const text = `request ${index} to /api/v1/items took ${index % 977} ms, ${'lorem ipsum '.repeat(index % 10)}done`;
    lines.push(
      `<${(index % 24) * 8 + 6}>1 2026-11-21T00:00:00.${index % 1000}Z ${host} app${index % 40} ${index} - - ${text}\n`,
    );
  }
  writeFileSync(file, lines.join(''));
  return file;
}

async function sendStreams(job: Job): Promise<Result> {
  const pieces = piecesOf(job);
  const shares = Array.from({ length: job.connections }, (_, index) =>
    pieces.filter((_, piece) => piece % job.connections === index),
  );
  const sockets = shares.map(() => connect({ ...placeOf(job.target), noDelay: true }));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const cpu = process.cpuUsage();
  const started = performance.now();
  await Promise.all(sockets.map((socket, index) => sendPieces(socket, shares[index]!, job.rate / job.connections)));
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - started) / 1000;
  const bytes = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
  return { lines: job.lines, bytes, seconds, cpuSeconds: (user + system) / 1e6 };
}

type Piece = { readonly bytes: Buffer; readonly lines: number };

/** All that is to be sent, in pieces that end with a line; a paced sender needs smaller ones. */
function piecesOf({ file, lines, framing, rate, connections }: Job): Piece[] {
  const source = readFileSync(file);
  const most = rate > 0 ? Math.max(1, Math.floor((rate / connections) * (BEAT / 1000))) : Infinity;
  const pieces: Piece[] = [];
  let left = lines;
  let at = 0;
  while (left > 0) {
    const piece = nextPiece(source, at, Math.min(left, most));
    pieces.push(framing === 'octet' ? counted(piece) : piece);
    left -= piece.lines;
    at += piece.bytes.length;
    if (at >= source.length) at = 0;
  }
  return pieces;
}

function nextPiece(source: Buffer, from: number, most: number): Piece {
  let to = from;
  let lines = 0;
  while (lines < most && to < source.length && to - from < PIECE) {
    const end = source.indexOf(LF, to);
    to = end < 0 ? source.length : end + 1;
    lines++;
  }
  return { bytes: source.subarray(from, to), lines };
}

/** The same messages with their octet counts (RFC 6587 §3.4.1). */
function counted({ bytes, lines }: Piece): Piece {
  const messages = bytes.toString('latin1').split('\n').slice(0, lines);
  return { bytes: Buffer.from(messages.map((message) => `${message.length} ${message}`).join(''), 'latin1'), lines };
}

async function sendPieces(socket: Socket, pieces: readonly Piece[], rate: number): Promise<void> {
  const started = performance.now();
  let sent = 0;
  for (const piece of pieces) {
    const due = rate > 0 ? started + (sent / rate) * 1000 : 0;
    const early = due - performance.now();
    if (early > 1) await sleep(early);
    if (!socket.write(piece.bytes)) await once(socket, 'drain');
    sent += piece.lines;
  }
  socket.end();
  socket.resume();
  await once(socket, 'close');
}

function sendDatagrams({ target, lines, rate, file }: Job): Result {
  const { host, port } = placeOf(target);
  const run = spawnSync(datagramSender(), [host, String(port), file, String(lines), String(rate)], {
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`cannot send datagrams: ${run.stderr || run.error?.message}`);
  return JSON.parse(run.stdout);
}

/** The C program, compiled once and again where its source is newer. @throws where there is no C compiler */
function datagramSender(): string {
  const source = join(import.meta.dirname, 'sender.c');
  const binary = join(tmpdir(), 'cordwood-bench-sender');
  if (existsSync(binary) && statSync(binary).mtimeMs > statSync(source).mtimeMs) return binary;
  const compiler = find('cc');
  if (!compiler) throw new Error('cannot send datagrams: the sender is written in C, and no cc is installed');
  execFileSync(compiler, ['-O2', '-Wall', '-o', binary, source]);
  return binary;
}

await main();
