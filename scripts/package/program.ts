import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { build, type Rolldown } from 'vite';

export const ROOT = join(import.meta.dirname, '../..');

/** A package of npm whose code is in the program. */
export type Part = {
  readonly name: string;
  readonly version: string;
  /** Where it was installed, relative to the checkout. */
  readonly path: string;
};

/** What is packed of Cordwood, apart from Node. */
export type Program = {
  /** The packages in its `node_modules`. */
  readonly installed: readonly Part[];
  /** The packages whose code is bundled into the page. */
  readonly bundled: readonly Part[];
};

type Locked = { readonly version: string; readonly dev?: true; readonly devOptional?: true; readonly optional?: true };

/** What no program reads: sources and types of TypeScript, maps, guides, scripts of developers, and the licences, which are collected in one file. */
const UNREAD =
  /\.([cm]?ts|map|md|markdown|html|sh|tsbuildinfo|flow|ya?ml)$|^(licen[sc]e|makefile|cname$|tsconfig|eslint)|^\./i;
const UNREAD_FOLDERS = /^(tests?|__tests__|bench(marks?)?|examples?|docs|integration|scripts|etc|node_modules)$/;

/**
 * Puts the built program and its production dependencies into a folder, as an installed server needs them. The
 * dependencies are those that `npm ci` put into this checkout, whose checksums npm compared with package-lock.json.
 * @throws if a dependency is not there in the version of package-lock.json
 */
export async function layProgram(folder: string): Promise<Program> {
  mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', 'bin']) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  const dist = join(folder, 'dist');
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  // `npm run types` checks the types: that takes five times as long.
  execFileSync(tsc, ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', dist], { cwd: ROOT, stdio: 'inherit' });
  const bundled = await layPage(join(dist, 'page'));
  const installed = lockedParts().filter(({ path }) => path.startsWith('node_modules/'));
  for (const { path } of installed) copyPackage(join(ROOT, path), join(folder, path));
  return { installed, bundled };
}

/** Bundles the page. @returns the packages whose code it contains */
async function layPage(outDir: string): Promise<Part[]> {
  const configFile = join(ROOT, 'scripts/vite.config.ts');
  const built = (await build({ configFile, logLevel: 'warn', build: { outDir } })) as Rolldown.RolldownOutput;
  const modules = built.output.flatMap((file) => (file.type === 'chunk' ? Object.keys(file.modules) : []));
  const paths = modules.flatMap((id) => /node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []);
  return [...new Set(paths)].sort().map(partAt);
}

/** The production dependencies of package-lock.json that are installed here. */
function lockedParts(): Part[] {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  return Object.entries(lock.packages as Record<string, Locked>).flatMap(([path, locked]) => {
    // Packages of types have nothing that runs.
    if (path === '' || locked.dev || locked.devOptional || path.includes('node_modules/@types/')) return [];
    const part = installedPart(path);
    if (part === undefined && locked.optional) return [];
    if (part?.version === locked.version) return [part];
    throw new Error(
      `cannot pack ${path}: package-lock.json has version ${locked.version}, and ${part?.version ?? 'none'} is installed; run npm ci`,
    );
  });
}

function installedPart(path: string): Part | undefined {
  try {
    return partAt(path);
  } catch {
    return undefined;
  }
}

function partAt(path: string): Part {
  const { name, version } = JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8'));
  return { name, version, path };
}

function copyPackage(from: string, to: string): void {
  cpSync(from, to, {
    recursive: true,
    filter(path) {
      const inside = relative(from, path);
      const [first = ''] = inside.split(sep);
      if (inside === '') return true;
      return !UNREAD_FOLDERS.test(first) && !UNREAD.test(basename(path));
    },
  });
}

/** The Node that `npm ci` brought: its program, its licence and its version. */
export function bundledNode(): { readonly program: string; readonly license: string; readonly version: string } {
  const { version } = partAt('node_modules/node');
  const home = join(ROOT, `node_modules/node/node_modules/node-linux-${process.arch}`);
  return { program: join(home, 'bin/node'), license: join(home, 'LICENSE'), version };
}

/**
 * Puts Node's program where the package has it. The package `node` fetches it in a script, beside package-lock.json;
 * so its checksum is written down here.
 * @throws if its checksum is another one
 */
export function layNode(to: string): void {
  const { program, version } = bundledNode();
  const pins = JSON.parse(readFileSync(join(import.meta.dirname, 'node.sha256.json'), 'utf8'));
  const name = `${version}-linux-${process.arch}`;
  const sum = createHash('sha256').update(readFileSync(program)).digest('hex');
  if (pins[name] !== sum) {
    throw new Error(
      `cannot pack Node ${name}: its SHA-256 is ${sum}, and scripts/package/node.sha256.json has ${pins[name] ?? 'none'}; ` +
        'run npm ci, or if this Node is new and right, write it there',
    );
  }
  cpSync(program, to);
  chmodSync(to, 0o755);
}
