import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { debianComponents, layContainer, layDebian, runSettings } from './package/container.ts';
import { architecture, layPackage, packDebian } from './package/debian.ts';
import { writeImage } from './package/oci.ts';
import { revision } from './package/revision.ts';
import { bomOf, writeSums } from './package/sbom.ts';

/*
 * Makes an image for containers, its bill of materials and its checksums, in packages/ unless --out names another
 * folder: a small Debian with the package installed in it. It needs root, debootstrap, and a mirror of Debian.
 */
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(import.meta.dirname, '../packages') },
    suite: { type: 'string', default: 'bookworm' },
    mirror: { type: 'string' },
  },
});

const work = mkdtempSync(join(tmpdir(), 'cordwood-image-'));
try {
  const packed = revision();
  const [tree, root] = [join(work, 'tree'), join(work, 'root')];
  const program = await layPackage(tree, packed);
  const deb = packDebian(tree, work, packed, 'none');
  layDebian(root, values.suite, values.mirror);
  layContainer(root, deb);
  mkdirSync(values.out, { recursive: true });
  const name = `cordwood_${packed.version}_${architecture()}.oci`;
  const to = join(values.out, `${name}.tar`);
  await writeImage({ root, run: runSettings(root), architecture: architecture(), name: 'cordwood', ...packed, to });
  const bom = join(values.out, `${name}.cdx.json`);
  writeFileSync(bom, bomOf(program, packed, debianComponents(root)));
  writeSums(join(values.out, `${name}.SHA256SUMS`), [to, bom]);
  console.log(`${to}\n  podman load --input ${basename(to)}`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
