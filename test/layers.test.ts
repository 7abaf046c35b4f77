import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { test } from 'node:test';

/** The import table of ARCHITECTURE.md: a room may import these rooms; of those behind a colon, only their contract. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  model: [],
  base: [],
  frame: ['model:wasm'],
  parse: ['model'],
  query: ['model', 'base:errors', 'base:nearest'],
  listen: ['model', 'base', 'frame', 'spool:contract'],
  spool: ['model', 'base'],
  store: ['model', 'base'],
  pipeline: ['model', 'base', 'query'],
  account: ['model', 'base', 'store:contract'],
  alert: ['model', 'base', 'query', 'store:contract'],
  http: ['model', 'base', 'query', 'store:contract', 'account:contract', 'alert:contract'],
  config: ['base', 'query', 'listen:registry', 'store:registry', 'pipeline:registry', 'alert:registry'],
  cli: [
    'model',
    'base',
    'frame',
    'parse',
    'query',
    'config',
    'http:contract',
    'store:contract',
    'listen:contract',
    'account:contract',
  ],
};
/** Rooms whose files are imported by name; any other is entered through one of its doors. */
const OPEN = new Set(['model', 'base']);
const DOORS = new Set(['index', 'contract', 'registry', 'framer', 'relp-framer']);
/** What puts the rooms together may import all of them. */
const ASSEMBLIES = new Set(['server', 'writer', 'reader', 'local', 'main', 'assembly']);
/** Which room may import which dependency. */
const PACKAGES: Readonly<Record<string, string>> = {
  zod: 'base/schema',
  re2js: 'model/pattern',
  'syslog-parse': 'parse/',
  yaml: 'config/',
  yargs: 'cli/',
  pino: 'cli/',
  fastify: 'http/',
  mongodb: 'store/mongo/',
  'node-cron': 'alert/',
  nodemailer: 'alert/',
};

const SOURCE = join(import.meta.dirname, '..', 'src');

test('rooms import only what the table allows', () => {
  const broken: string[] = [];
  for (const file of globSync('**/*.ts', { cwd: SOURCE })) {
    for (const target of importsOf(file)) {
      const complaint = target.startsWith('.') ? judgeRoom(file, target) : judgePackage(file, target);
      if (complaint) broken.push(complaint);
    }
  }
  assert.deepEqual(broken, []);
});

test('every folder of src stands in the table', () => {
  const rooms = new Set(globSync('*/**/*.ts', { cwd: SOURCE }).map((file) => file.split(sep)[0]));
  assert.deepEqual(
    [...rooms].filter((room) => !(room! in TABLE) && !ASSEMBLIES.has(room!)),
    [],
  );
});

function importsOf(file: string): string[] {
  const text = readFileSync(join(SOURCE, file), 'utf8');
  const found = text.matchAll(
    /(?:^|\s)(?:import|export)\s[^'";]*from\s+'([^']+)'|import\('([^']+)'\)|^import\s+'([^']+)'/gm,
  );
  return [...found].map((match) => match[1] ?? match[2] ?? match[3]!);
}

function judgeRoom(file: string, target: string): string | undefined {
  const imported = normalize(join(dirname(file), target));
  const [from, to] = [roomOf(file), roomOf(imported)];
  if (ASSEMBLIES.has(from) || from === to) return undefined;
  const name = imported.slice(to.length + 1).replace(/\.ts$/, '');
  const allowed = TABLE[from]?.some((entry) => {
    const [room, only] = entry.split(':');
    return room === to && (only === undefined || only === name);
  });
  if (!allowed) return `${file} imports ${imported}`;
  const door = OPEN.has(to) || DOORS.has(name);
  return door ? undefined : `${file} imports ${imported}, which is inside its room`;
}

function judgePackage(file: string, target: string): string | undefined {
  const name = target.split('/')[0]!;
  if (target.startsWith('node:')) return undefined;
  const home = PACKAGES[name];
  return home !== undefined && file.startsWith(home) ? undefined : `${file} imports the package ${target}`;
}

function roomOf(file: string): string {
  return file.split(sep)[0]!.replace(/\.ts$/, '');
}
