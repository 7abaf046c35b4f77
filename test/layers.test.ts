import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..');
const SOURCE = join(ROOT, 'src');
const ARCHITECTURE = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
const FILES = globSync('**/*.{ts,tsx}', { cwd: SOURCE }).sort();

/** Rooms whose files are imported by name; every other room is entered through one of its doors. */
const OPEN = new Set(['model', 'base']);
const DOORS = new Set(['index.ts', 'contract.ts', 'registry.ts', 'settings.ts']);
/** The room that runs in browsers: its packages are bundled into files, and not installed with the server. */
const BUNDLED = 'page';
/** What may import all rooms. */
const EVERYTHING = 'everything';

/** What a row of the table allows: a folder or file below `src/`, of it only these files, or only its types. */
type Permission = { readonly path: string; readonly files: readonly string[]; readonly typesOnly: boolean };
type Import = { readonly file: string; readonly target: string; readonly typesOnly: boolean };

/** The table of rooms: by the path of a room, sub-room or entry, what it may import. */
const ROOMS = new Map(
  rowsOf('## The rooms').flatMap(([paths, , allowed]) =>
    codeIn(paths!).map((path) => [path.replace(/\/$/, ''), permissionsIn(allowed!)] as const),
  ),
);
/** The table of dependencies: by package, the rooms or files that may import it. */
const PACKAGES = new Map(
  rowsOf('## What each dependency is for').flatMap(([name, rooms]) =>
    codeIn(name!).map((one) => [one, rooms!.split(',').map((room) => room.replaceAll('`', '').trim())] as const),
  ),
);

const IMPORTS = FILES.flatMap(importsOf);

test('rooms and sub-rooms import only what the table in ARCHITECTURE.md allows', () => {
  const broken = IMPORTS.flatMap((one) => (one.target.startsWith('.') ? judgeImport(one) : judgePackage(one)));
  assert.deepEqual(broken, []);
});

test('every folder and entry of src has a row in the table, and every row a folder or file', () => {
  const folders = new Set(FILES.flatMap((file) => (file.includes('/') ? foldersOf(file) : [file])));
  assert.deepEqual(
    [...folders].filter((folder) => !ROOMS.has(folder)),
    [],
  );
  assert.deepEqual(
    [...ROOMS.keys()].filter((room) => !existsSync(join(SOURCE, room))),
    [],
  );
});

test('the table names each dependency of package.json, what the page is bundled from, and no other package', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const bundled = [...PACKAGES]
    .filter(([, rooms]) => rooms.every((room) => isWithin(room, BUNDLED)))
    .map(([name]) => name);
  assert.deepEqual([...PACKAGES.keys()].sort(), [...Object.keys(dependencies), ...bundled].sort());
  assert.deepEqual(
    bundled.filter((name) => !(name in devDependencies)),
    [],
    'a bundled package is needed to build only',
  );
});

test('the page imports nothing of Node, and of other rooms types and what its row names', () => {
  const foreign = IMPORTS.filter(({ file, target }) => isWithin(file, BUNDLED) && target.startsWith('node:'));
  assert.deepEqual(foreign, []);
});

test('the table allows no circle of rooms', () => {
  const graph = new Map(
    [...ROOMS].map(([room, permissions]) => [
      room,
      permissions.map(({ path }) => path).filter((path) => path !== EVERYTHING && !isWithin(room, path)),
    ]),
  );
  assert.deepEqual(circleIn(graph), []);
});

test('no files import each other in a circle, types included', () => {
  const graph = new Map(FILES.map((file) => [file, [] as string[]]));
  for (const one of IMPORTS) if (one.target.startsWith('.')) graph.get(one.file)!.push(resolve(one));
  assert.deepEqual(circleIn(graph), []);
});

/** The cells of the tables in the section under this heading, heads left out. */
function rowsOf(heading: string): string[][] {
  const section = ARCHITECTURE.split(`\n${heading}`)[1]?.split('\n## ')[0];
  assert.ok(section, `ARCHITECTURE.md has no section ${heading}`);
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  return rows.filter(([first]) => first!.startsWith('`'));
}

function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
}

/** Reads a cell such as `model, store (contract), alert (types)`. */
function permissionsIn(cell: string): Permission[] {
  if (cell === 'nothing') return [];
  return [...cell.matchAll(/([\w./-]+)(?: \(([^)]*)\))?(?:, |$)/g)].map(([, path, words]) => {
    const named = words?.split(', ') ?? [];
    return { path: path!, files: named.filter((word) => word !== 'types'), typesOnly: named.includes('types') };
  });
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(SOURCE, file), 'utf8');
  const found = text.matchAll(
    /^(?:import|export)\s(type\s)?([^'";]*?)\sfrom\s+'([^']+)'|\bimport\('([^']+)'\)|^import\s+'([^']+)'/gm,
  );
  const imports = [...found].map(([, type, names, from, dynamic, bare]) => ({
    file,
    target: from ?? dynamic ?? bare!,
    typesOnly: type !== undefined || (names !== undefined && /^\{(\s*type \w[^,]*,?)+\s*\}$/.test(names)),
  }));
  return imports.filter(({ target }) => !target.startsWith('.') || !target.endsWith('.css'));
}

function resolve({ file, target }: Import): string {
  return normalize(join(dirname(file), target)).replaceAll('\\', '/');
}

/**
 * Asks each room and sub-room that holds the importing file but not the imported one. A row that names a file makes it
 * a door.
 */
function judgeImport(one: Import): string[] {
  const imported = resolve(one);
  const what = `${one.file} imports ${imported}`;
  const judges = [...ROOMS.keys()].filter((room) => isWithin(one.file, room) && !isWithin(imported, room));
  let isNamed = false;
  for (const room of judges) {
    const permission = ROOMS.get(room)!.find((each) => permits(each, imported, one.typesOnly));
    if (!permission) return [`${what}, which ${room} may not`];
    isNamed ||= permission.files.length > 0 || imported === `${permission.path}.ts`;
  }
  if (isNamed) return [];
  const entered = foldersOf(imported).filter((folder) => !isWithin(one.file, folder));
  return entered.every((folder) => isDoor(imported, folder)) ? [] : [`${what}, which is not a door of its room`];
}

function permits({ path, files, typesOnly }: Permission, imported: string, importsTypes: boolean): boolean {
  if (path === EVERYTHING) return true;
  if (typesOnly && !importsTypes) return false;
  if (files.length === 0) return isWithin(imported, path) || imported === `${path}.ts`;
  return files.some((file) => imported === `${path}/${file}.ts`);
}

/** A room is entered through its doors; a sub-room through its index where it has one, else by the names of its files. */
function isDoor(imported: string, folder: string): boolean {
  if (OPEN.has(folder)) return true;
  if (folder.includes('/') && !existsSync(join(SOURCE, folder, 'index.ts'))) return true;
  return dirname(imported) === folder && DOORS.has(basename(imported));
}

function judgePackage({ file, target }: Import): string[] {
  if (target.startsWith('node:')) return [];
  const name = target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
  const homes = PACKAGES.get(name) ?? [];
  return homes.some((home) => isWithin(file, home)) ? [] : [`${file} imports the package ${target}`];
}

function foldersOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function isWithin(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`);
}

/** The first circle that a search in depth meets, from a node back to itself; empty if the graph has none. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): string[] => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return [];
    path.push(node);
    for (const next of graph.get(node) ?? []) {
      const circle = visit(next);
      if (circle.length > 0) return circle;
    }
    path.pop();
    done.add(node);
    return [];
  };
  for (const node of graph.keys()) {
    const circle = visit(node);
    if (circle.length > 0) return circle;
  }
  return [];
}
