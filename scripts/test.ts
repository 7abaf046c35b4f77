import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';
import { buildProgram } from '../test/support/program.ts';

/*
 * Runs the test files, several side by side: most of them wait for sockets, clocks and processes more than they work.
 * Prints a line for each file when it ends, with what its failed tests found, and how long the whole took.
 * `npm test -- PATH...` runs only the files of these paths.
 */

const ROOT = join(import.meta.dirname, '..');
/** Files at a time. More that work at once make the time limits of real servers and agents run out. */
const WANTED = process.env['CORDWOOD_TEST_CONCURRENCY'];
const CONCURRENCY = Number(WANTED ?? 2 * availableParallelism());
/** Files at a time if most of them wait for clocks. */
const MAX_CONCURRENCY = WANTED === undefined ? 2 * CONCURRENCY : CONCURRENCY;
/** One more file begins if this part of the processor time was idle for so long, ms. */
const [IDLE_PART, IDLE_CHECK_MS] = [0.4, 2000];
/**
 * Files and folders that take longest. They begin first, so that none of them runs alone in the end: those that work and
 * those that wait for the minutes of rules in turns.
 */
const SLOW_FIRST = [
  ...['e2e/install.test', 'page/operations', 'package/deb', 'e2e/alert-trouble', 'page/looks', 'e2e/mongo-start'],
  ...['package/image', 'e2e/alert.test', 'store/mongo/conformance', 'e2e/account-damage', 'e2e/large-messages'],
  ...['e2e/streams', 'e2e/forward', 'package/', 'page', 'e2e', 'alert', 'hosts', 'store'],
];

// Test processes, the servers they start and the threads of these load the same files: each is compiled once.
process.env['NODE_COMPILE_CACHE'] ??= join(ROOT, 'node_modules', '.cache', 'compiled');

// The program that tests start as processes; CORDWOOD_TEST_PROGRAM=bin/cordwood.js is the checkout itself.
process.env['CORDWOOD_TEST_PROGRAM'] = resolve(process.env['CORDWOOD_TEST_PROGRAM'] ?? (await buildProgram()));

const files = testFiles(process.argv.slice(2));
const queue = [...files];
const total = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
const skipped: string[] = [];
const began = performance.now();
let ended = 0;
let running = 0;
let lastTime = processorTime();
/** The CPU time of all files that have been printed, s. */
let cpuShown = 0;

const further: Promise<void>[] = [];
const watching = MAX_CONCURRENCY > CONCURRENCY ? setInterval(workIfIdle, IDLE_CHECK_MS) : undefined;
await Promise.all(Array.from({ length: CONCURRENCY }, work));
clearInterval(watching);
await Promise.all(further);
for (const each of skipped) print(`skipped: ${each}`);
if (failures.length > 0) print(['What failed:', ...failures].join('\n✖ '));
const seconds = Math.round((performance.now() - began) / 1000);
const time = `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
const cpu = `${Math.round(cpuSeconds())} s of CPU time`;
print(`${total.passed} tests passed, ${total.failed} failed, ${total.skipped} skipped, in ${time} and ${cpu}`);
process.exitCode = failures.length > 0 ? 1 : 0;

/** Takes one file after the other from the queue. */
async function work(): Promise<void> {
  for (let file = queue.shift(); file; file = queue.shift()) await runFile(file);
}

/** Takes a further file from the queue if the running ones have left the processor idle. */
function workIfIdle(): void {
  const now = processorTime();
  const idlePart = (now.idle - lastTime.idle) / (now.all - lastTime.all);
  lastTime = now;
  if (idlePart >= IDLE_PART && running < MAX_CONCURRENCY && queue.length > 0) further.push(runFile(queue.shift()!));
}

/** The time of all processors since the start of the machine, and how much of it they were idle, ms. */
function processorTime(): { readonly idle: number; readonly all: number } {
  const times = cpus().map(({ times }) => times);
  const idle = times.reduce((sum, each) => sum + each.idle, 0);
  return { idle, all: times.flatMap((each) => Object.values(each)).reduce((sum, each) => sum + each, 0) };
}

async function runFile(file: string): Promise<void> {
  running++;
  const name = relative(join(ROOT, 'test'), file);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const started = performance.now();
  let output = '';
  let succeeded = false;
  for await (const { type, data } of run({ files: [file], isolation: 'process' })) {
    if (type === 'test:stdout' || type === 'test:stderr') output += data.message;
    else if (type === 'test:summary') succeeded = data.success;
    else if (type === 'test:pass' && data.details.type !== 'suite') {
      counts[data.skip === undefined ? 'passed' : 'skipped']++;
      if (data.skip !== undefined) skipped.push(`${name}: ${data.name}: ${data.skip}`);
    } else if (type === 'test:fail' && !isSumOfOthers(data.details.error)) {
      counts.failed++;
      failures.push(`${name}: ${data.name}`);
      output += `\n✖ ${data.name}\n${inspect(data.details.error.cause ?? data.details.error)}\n`;
    }
  }
  ended++;
  running--;
  for (const what of ['passed', 'failed', 'skipped'] as const) total[what] += counts[what];
  const results = Object.entries(counts).filter(([what, count]) => count > 0 || what === 'passed');
  const figures = results.map(([what, count]) => `${count} ${what}`).join(', ');
  const duration = ((performance.now() - started) / 1000).toFixed(1);
  const cpuBefore = cpuShown;
  cpuShown = cpuSeconds();
  const cpu = (cpuShown - cpuBefore).toFixed(1);
  print(`${succeeded ? '✔' : '✖'} ${ended}/${files.length} ${name}: ${figures}, ${duration} s (CPU ${cpu} s)`);
  if (succeeded) return;
  if (counts.failed === 0) failures.push(`${name}: the file ended with an error`);
  print(output);
}

/** The CPU time of the test files that ended, with what they started and waited for, s; 0 if the kernel does not tell. */
function cpuSeconds(): number {
  const file = '/proc/self/stat';
  if (!existsSync(file)) return 0;
  // The name of the program may contain blanks. Times are in hundredths of a second: proc_pid_stat(5), cutime and cstime.
  const fields = readFileSync(file, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

/** A suite, or a file, fails because tests in it do: these are reported by themselves. */
function isSumOfOthers(error: Error): boolean {
  return 'failureType' in error && error.failureType === 'subtestsFailed';
}

/** The test files of the given paths, or all of them; those that take longest come first. */
function testFiles(paths: readonly string[]): string[] {
  const named = paths.length > 0 ? paths : ['test'];
  const missing = named.find((path) => !existsSync(path));
  if (missing !== undefined) {
    print(`cannot run ${missing}: there is no such file or folder; name test files, or folders of them`);
    process.exit(2);
  }
  const found = named.flatMap((path) =>
    statSync(path).isDirectory() ? globSync(`${path}/**/*.test.ts`, { cwd: ROOT }).sort() : [path],
  );
  const rank = (file: string) => {
    const index = SLOW_FIRST.findIndex((folder) => file.startsWith(join('test', folder)));
    return index < 0 ? SLOW_FIRST.length : index;
  };
  return found.sort((a, b) => rank(a) - rank(b)).map((file) => resolve(ROOT, file));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
