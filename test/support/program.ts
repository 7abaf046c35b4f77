import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'vite';

const ROOT = join(import.meta.dirname, '../..');
const CACHE = join(ROOT, 'node_modules/.cache/programs');
/** Programs of earlier sources go away after this time, ms: another test run may still use them. */
const KEPT_MS = 24 * 3600 * 1000;
/** What starts a process or one of its threads. */
const ENTRIES = ['main', 'writer', 'reader', 'forwarder'];
/** A thread that is started from a file beside the one that starts it. */
const SCAN_THREAD = 'store/embedded/count/scan-thread';
/** Packages that load their own files, or that Cordwood loads only when it needs them. */
const LOADED_APART = ['mongodb', 'pino', 'nodemailer', 'node-cron', 're2js', 'syslog-parse', 'yargs'];

/**
 * Bundles the program of this checkout, once for each state of its sources. A server then loads 30 files in place of
 * 900, which saves a third of the CPU time of its start; the tests start some hundreds of servers.
 * @returns the path of its `bin/cordwood.js`
 */
export async function buildProgram(): Promise<string> {
  const folder = join(CACHE, stateOfSources());
  mkdirSync(CACHE, { recursive: true });
  for (const name of readdirSync(CACHE)) {
    const other = join(CACHE, name);
    if (other !== folder && Date.now() - statSync(other).mtimeMs > KEPT_MS) rmSync(other, { recursive: true });
  }
  if (!existsSync(folder)) await make(folder);
  return join(folder, 'bin/cordwood.js');
}

/** A name that changes if a file of the program does. */
function stateOfSources(): string {
  const hash = createHash('sha256');
  const files = globSync(['src/**/*.ts', 'bin/*', 'package-lock.json', 'test/support/program.ts'], { cwd: ROOT });
  for (const file of files.sort()) {
    const { mtimeMs, size } = statSync(join(ROOT, file));
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

async function make(folder: string): Promise<void> {
  const made = mkdtempSync(`${folder}-`);
  // Some tests run it as another user.
  chmodSync(made, 0o755);
  for (const name of ['bin', 'package.json']) cpSync(join(ROOT, name), join(made, name), { recursive: true });
  const source = (name: string): string => join(ROOT, 'src', `${name}.ts`);
  const inputs = [...ENTRIES, SCAN_THREAD].map((name) => [basename(name), source(name)]);
  await build({
    configFile: false,
    root: ROOT,
    publicDir: false,
    logLevel: 'warn',
    ssr: { noExternal: true, external: LOADED_APART },
    build: {
      ssr: true,
      outDir: join(made, 'dist/parts'),
      target: 'node24',
      minify: false,
      rolldownOptions: {
        input: Object.fromEntries(inputs),
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  });
  // Files that the program finds by their place: a folder above most of its code, as in `src/` and in a package.
  for (const name of ENTRIES) writeFileSync(join(made, 'dist', `${name}.js`), `import './parts/${name}.js';\n`);
  symlinkSync(join(ROOT, 'dist/page'), join(made, 'dist/page'));
  try {
    renameSync(made, folder);
  } catch (error) {
    // Another test run has made the same.
    rmSync(made, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
}
