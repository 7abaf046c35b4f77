import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundledNode, type Part, type Program, ROOT } from './program.ts';

/** The first line of a file that is a licence, or that a licence demands to be passed on. */
const LEGAL = /^(licen[sc]e|copying|notice)(\b|[-.])/i;

/** The terms of the Apache License, which every Debian has as a file. */
const APACHE = /[^\n]*TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION[\s\S]*?END OF TERMS AND CONDITIONS/g;
const APACHE_FILE = '   (The terms are in /usr/share/common-licenses/Apache-2.0.)';

/** What one package says of its licence. */
type Terms = { readonly title: string; readonly text: string };

/**
 * The licences of everything in the package, as one text: Cordwood's, Node's with all that is in its program, and those
 * of the packages of npm. A text that several packages share is printed once.
 * @throws if a package has neither the text of a licence nor its name
 */
export function copyrightText({ installed, bundled }: Program): string {
  const node = bundledNode();
  const terms: Terms[] = [
    { title: 'Cordwood', text: read(join(ROOT, 'LICENSE')) },
    { title: `Node ${node.version}, in /usr/lib/cordwood/bin/node`, text: read(node.license) },
    ...[...installed, ...bundled].map(termsOf),
  ];
  const byText = Map.groupBy(terms, ({ text }) => text.replace(/\s+/g, ' '));
  const sections = [...byText.values()].map((same) => {
    const titles = [...new Set(same.map(({ title }) => title))].sort();
    return `${'-'.repeat(78)}\n${titles.join('\n')}\n${'-'.repeat(78)}\n\n${same[0]!.text}\n`;
  });
  const head =
    'Cordwood is under the Apache License 2.0, see /usr/share/common-licenses/Apache-2.0.\n' +
    'The package contains the parts below, each under the licence that follows its name.\n';
  return `${head}\n${sections.join('\n').replace(APACHE, APACHE_FILE)}`;
}

function termsOf({ name, version, path }: Part): Terms {
  const folder = join(ROOT, path);
  const title = `${name} ${version}, of npm`;
  const files = readdirSync(folder)
    .filter((file) => LEGAL.test(file))
    .sort();
  if (files.length > 0) return { title, text: files.map((file) => read(join(folder, file))).join('\n\n') };
  const { license, author, contributors } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (typeof license !== 'string') throw new Error(`cannot pack ${path}: it does not say under which licence it is`);
  const authors = [author ?? contributors ?? []].flat().map((one) => (typeof one === 'string' ? one : one.name));
  // Some packages have only the name of their licence in package.json.
  return { title, text: `License: ${license}\nCopyright: ${authors.join(', ') || `the authors of ${name}`}` };
}

function read(path: string): string {
  return readFileSync(path, 'utf8').trim();
}
