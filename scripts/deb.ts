import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { layPackage, packDebian } from './package/debian.ts';
import { checkNode } from './package/node-release.ts';
import { revision } from './package/revision.ts';
import { bomOf, writeSums } from './package/sbom.ts';

/*
 * Makes the Debian package, its bill of materials and SHA256SUMS, in packages/ unless --out names another folder.
 * --version and --compression none are for tests; --check-node makes nothing and fails if a newer Node 24 has been
 * published for a week.
 */
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(import.meta.dirname, '../packages') },
    version: { type: 'string' },
    compression: { type: 'string', default: 'xz' },
    'check-node': { type: 'boolean', default: false },
  },
});

try {
  if (values['check-node']) console.log(checkNode());
  else await make();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function make(): Promise<void> {
  const { out, compression } = values;
  if (compression !== 'xz' && compression !== 'none')
    throw new Error(`--compression ${compression} is not known: it is xz or none`);
  const own = revision();
  const packed = { ...own, version: values.version ?? own.version };
  const tree = mkdtempSync(join(tmpdir(), 'cordwood-deb-'));
  try {
    const program = await layPackage(tree, packed);
    mkdirSync(out, { recursive: true });
    const path = packDebian(tree, out, packed, compression);
    const bom = path.replace(/\.deb$/, '.cdx.json');
    writeFileSync(bom, bomOf(program, packed));
    writeSums(join(out, `${basename(path, '.deb')}.SHA256SUMS`), [path, bom]);
    console.log(path);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}
