import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

/** A fenced block of a document. */
export type Block = {
  readonly document: string;
  /** The line of its opening fence, from 1. */
  readonly line: number;
  /** What stands behind the fence: `yaml`, `sh`, or nothing. */
  readonly language: string;
  readonly text: string;
};

/** A line outside of fenced blocks. */
export type ProseLine = { readonly number: number; readonly text: string };

/** A Markdown file of the repository. */
export type Document = {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly prose: readonly ProseLine[];
};

/** Every document: those of the root, and the pages of docs/. */
export function documents(): Document[] {
  return globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT }).sort().map(readDocument);
}

export function readDocument(path: string): Document {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const blocks: Block[] = [];
  const prose: ProseLine[] = [];
  let open: { line: number; language: string; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^\s*```(\w*)$/.exec(line);
    if (open && fence) {
      blocks.push({ document: path, line: open.line, language: open.language, text: `${open.lines.join('\n')}\n` });
      open = undefined;
    } else if (open) open.lines.push(line);
    else if (fence) open = { line: index + 1, language: fence[1]!, lines: [] };
    else prose.push({ number: index + 1, text: line });
  }
  if (open) throw new Error(`${path}:${open.line}: this block is never closed`);
  return { path, text, blocks, prose };
}

/** A page of docs/ by its name. */
export function page(name: string): Document {
  return readDocument(`docs/${name}.md`);
}

/** The rows of the tables below a heading (and above the next of its level), as their cells; no heads of tables. */
export function rowsOf({ path, prose }: Document, heading: string): string[][] {
  const level = `${heading.split(' ')[0]} `;
  const from = prose.findIndex(({ text }) => text.startsWith(heading));
  if (from < 0) throw new Error(`${path} has no heading ${heading}`);
  const rest = prose.slice(from + 1);
  const to = rest.findIndex(({ text }) => text.startsWith(level));
  const rows = rest.slice(0, to < 0 ? undefined : to).filter(({ text }) => /^\| (?!---)/.test(text));
  const heads = new Set(rest.filter(({ text }) => /^\| ?-/.test(text)).map(({ number }) => number - 1));
  return rows.filter(({ number }) => !heads.has(number)).map(({ text }) => text.slice(2, -2).split(' | '));
}

/** The lines of each paragraph and of each item of a list; neither headings nor tables. */
export function paragraphsOf({ prose }: Document): ProseLine[][] {
  const paragraphs: ProseLine[][] = [];
  let last: ProseLine | undefined;
  for (const line of prose) {
    const isText = line.text.trim() !== '' && !/^\s*(#|\||<|\[.*\]: )/.test(line.text);
    const goesOn = last?.number === line.number - 1 && !/^\s*([-*]|\d+\.) /.test(line.text);
    if (isText && goesOn) paragraphs.at(-1)!.push(line);
    else if (isText) paragraphs.push([line]);
    last = isText ? line : undefined;
  }
  return paragraphs;
}

/** The anchors of a document's headings, as GitHub makes them. */
export function anchorsOf({ prose }: Document): Set<string> {
  const headings = prose.flatMap(({ text }) => /^#+ (.*)$/.exec(text)?.[1] ?? []);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{M}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** The words of a `cordwood` command, and the line of shell that it is part of. */
export type PrintedCommand = {
  readonly where: string;
  readonly words: readonly string[];
  readonly shell: string;
};

/** Every command of Cordwood's that the `sh` blocks print, comments and redirections left out. */
export function commandsOf(blocks: readonly Block[]): PrintedCommand[] {
  return blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ document, line, text }) =>
      text
        .replaceAll('\\\n', ' ')
        .split('\n')
        .flatMap((shell, index) =>
          pipelineOf(shell).flatMap((words) => {
            const at = words.findIndex((word) => !['sudo', 'npx'].includes(word));
            if (words[at] !== 'cordwood') return [];
            return [{ where: `${document}:${line + index + 1}`, words: words.slice(at + 1), shell }];
          }),
        ),
    );
}

/** The commands that a line of shell holds, as words without quotes. */
function pipelineOf(shell: string): string[][] {
  const commands: string[][] = [[]];
  const pieces = shell.matchAll(/(#.*$)|(\|\||&&|[|;])|(>\s*\S+)|((?:'[^']*'|"[^"]*"|[^\s|;&>'"])+)|\S/g);
  for (const [piece, comment, separator, redirection, word] of pieces) {
    if (comment !== undefined) break;
    if (separator !== undefined) commands.push([]);
    else if (word !== undefined) commands.at(-1)!.push(word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
    else if (redirection === undefined) throw new Error(`cannot read the shell's ${piece} in ${shell}`);
  }
  return commands.filter((words) => words.length > 0);
}
