import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcpSender } from '../test/support/senders.ts';
import { cordwood, Server } from '../test/support/server.ts';
import { temporaryFolder } from '../test/support/tmp.ts';
import { until } from '../test/support/until.ts';

/*
 * Writes docs/images/terminal.svg: a real server receives lines of three hosts for some seconds, and what real
 * commands then print is drawn as a terminal shows it.
 */

const FILE = join(import.meta.dirname, '..', 'docs', 'images', 'terminal.svg');
const TITLE = 'cordwood search, top, hist and account in a terminal';
/** Seconds of traffic before the commands run. */
const SECONDS = 9;

/** What is typed, and as which arguments it runs. */
const SESSION: readonly (readonly [typed: string, args: readonly string[]])[] = [
  ["cordwood search -p warning -H 'web*' -n 5", ['search', '-p', 'warning', '-H', 'web*', '-n', '5']],
  ['cordwood top hostname,appname -p err', ['top', 'hostname,appname', '-p', 'err']],
  ['cordwood hist --by severity --every 2s -S -12s', ['hist', '--by', 'severity', '--every', '2s', '-S', '-12s']],
  ['cordwood account -S -1h', ['account', '-S', '-1h']],
];

/** Lines of one second: mostly calm, until web2 loses its upstream. */
function* linesOf(second: number): Generator<string> {
  const at = new Date().toISOString();
  const line = (pri: number, host: string, app: string, text: string): string =>
    `<${pri}>1 ${at} ${host} ${app} - - ${text}`;
  for (let index = 0; index < 20 + 3 * second; index++) {
    yield line(30, `web${1 + (index % 2)}`, 'nginx 812', `GET /cart/${1000 + index} 200 in ${3 + (index % 9)} ms`);
  }
  for (let index = 0; index < 6; index++)
    yield line(86, 'db1', 'sshd 4711', `Accepted publickey for deploy port ${40_000 + index}`);
  if (second < 5) return;
  for (let index = 0; index < 2 * second; index++) {
    if (index % 8 === 5) yield line(28, 'web1', 'nginx 812', `client closed connection ${index}, request unfinished`);
    yield line(27, 'web2', 'nginx 812', `upstream timed out: 10.0.3.${7 + (index % 3)}:8080, ${30 + index} s`);
  }
  yield line(27, 'db1', 'postgres 930', 'canceling statement due to statement timeout');
}

async function record(): Promise<string> {
  using folder = temporaryFolder();
  await using server = await Server.start({ data: folder.path });
  let sent = 0;
  await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
  for (let second = 0; second < SECONDS; second++) {
    const lines = [...linesOf(second)];
    sent += lines.length;
    await sender.sendLines(lines);
    await sleep(1000);
  }
  await until('all lines to be found', async () => {
    const { stdout } = await cordwood(['count', '--data', folder.path]);
    return Number(stdout) === sent;
  });
  const lines: string[] = [];
  for (const [typed, args] of SESSION) {
    // Until then, the account shows them as waiting in the spool.
    if (args[0] === 'account') await until('all lines to be safe', () => isStored(folder.path, sent));
    const colored = ['search', 'hist'].includes(args[0]!) ? ['--color', 'always'] : [];
    const { code, stdout, stderr } = await cordwood([...args, ...colored, '--quiet', '--data', folder.path], {
      env: { COLUMNS: String(COLUMNS) },
    });
    if (code !== 0) throw new Error(`${typed}: exit code ${code}\n${stderr}`);
    lines.push(`\x1b[32m$\x1b[0m ${typed}`, ...stdout.trimEnd().split('\n'), '');
  }
  return draw(lines.slice(0, -1));
}

async function isStored(data: string, count: number): Promise<boolean> {
  const { stdout } = await cordwood(['account', '-o', 'json', '--data', data]);
  return JSON.parse(stdout).total.stored === count;
}

const COLUMNS = 105;
const [LEFT, TOP, ROW, ADVANCE] = [16, 52, 19, 8.43];
const STYLE = `
  text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1f2328; white-space: pre }
  .s1 { font-weight: bold } .s2, .s90 { fill: #656d76 } .s31 { fill: #c4232f } .s32 { fill: #187a35 } .s33 { fill: #8a5a00 }`;

/** An SVG that looks like a window with these lines; of control sequences it knows those that set a style. */
function draw(lines: readonly string[]): string {
  const width = Math.ceil(2 * LEFT + COLUMNS * ADVANCE);
  const height = TOP + ROW * lines.length + LEFT - ROW + 6;
  const rows = lines.map((line, index) => `<text x="${LEFT}" y="${TOP + index * ROW}">${styled(line)}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${TITLE}</title>
<style>${STYLE}
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="#ffffff" stroke="#d1d9e0"/>
<circle cx="20" cy="18" r="5" fill="#d1d9e0"/><circle cx="38" cy="18" r="5" fill="#d1d9e0"/><circle cx="56" cy="18" r="5" fill="#d1d9e0"/>
<g>
${rows.join('\n')}
</g>
</svg>
`;
}

function styled(line: string): string {
  const [plain, ...pieces] = line.split('\x1b[');
  let result = escapeXml(plain!);
  for (const piece of pieces) {
    const [, codes, text] = /^([\d;]*)m(.*)$/s.exec(piece)!;
    const classes = codes!
      .split(';')
      .filter((code) => code !== '' && code !== '0')
      .map((code) => `s${code}`);
    if (text === '') continue;
    result +=
      classes.length === 0 ? escapeXml(text!) : `<tspan class="${classes.join(' ')}">${escapeXml(text!)}</tspan>`;
  }
  return result;
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

writeFileSync(FILE, await record());
