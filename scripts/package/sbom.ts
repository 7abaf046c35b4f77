import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { bundledNode, type Part, type Program, ROOT } from './program.ts';
import type { Revision } from './revision.ts';

export type Component = Readonly<Record<string, unknown>> & { readonly 'bom-ref': string };
/** The parts of a CycloneDX document that are read or changed here. */
type Bom = Record<string, unknown> & { components: Component[]; metadata: Record<string, unknown> };

/**
 * The software bill of materials in CycloneDX, as JSON: what npm knows of the production dependencies, the packages
 * bundled into the page, and Node with the libraries in its program.
 * @param more components of an image beside the package
 * @see https://cyclonedx.org/docs/1.5/json/
 */
export function bomOf(program: Program, { version, epoch }: Revision, more: readonly Component[] = []): string {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only'];
  const bom = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' })) as Bom;
  const known = new Set(bom.components.map((component) => component['bom-ref']));
  // npm leaves out what tools of development need, too.
  const all = [...program.installed, ...program.bundled].map(packageComponent);
  const others = new Map(all.map((component) => [component['bom-ref'], component]));
  for (const reference of known) others.delete(reference);
  bom.components.push(...others.values(), nodeComponent(), ...more);
  bom.components.sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
  // npm writes a random number and the present time here: the same package shall have the same text.
  delete bom['serialNumber'];
  bom.metadata['timestamp'] = new Date(epoch * 1000).toISOString();
  bom.metadata['component'] = { ...(bom.metadata['component'] as object), name: 'cordwood', version };
  return `${JSON.stringify(bom, undefined, 2)}\n`;
}

function packageComponent({ name, version }: Part): Component {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return { 'bom-ref': `${name}@${version}`, type: 'library', name, version, purl, scope: 'required' };
}

function nodeComponent(): Component {
  const { program, version } = bundledNode();
  const script = 'console.log(JSON.stringify(process.versions))';
  const versions = JSON.parse(execFileSync(program, ['-e', script], { encoding: 'utf8' })) as Record<string, string>;
  const { node: _, modules: __, napi: ___, ...libraries } = versions;
  return {
    'bom-ref': `node@${version}`,
    type: 'platform',
    name: 'node',
    version,
    purl: `pkg:generic/node@${version}`,
    hashes: [{ alg: 'SHA-256', content: sha256(program) }],
    components: Object.entries(libraries).map(([name, of]) => ({
      'bom-ref': `node@${version}/${name}@${of}`,
      type: 'library',
      name,
      version: of,
    })),
  };
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Writes SHA256SUMS beside the files, as `sha256sum --check` reads it. */
export function writeSums(to: string, paths: readonly string[]): void {
  writeFileSync(to, paths.map((path) => `${sha256(path)}  ${basename(path)}\n`).join(''));
}
