/** The macros of man(7) that the manual pages use; see groff_man(7). */

/** The text as roff prints it, with none of its characters as a command; a dash is one that can be copied. */
export function roff(text: string): string {
  return text.replace(/[\\\-'`^~"]|[^\x20-\x7e\n]/g, (character) => {
    return ESCAPES[character] ?? `\\[u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`;
  });
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\(rs',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '"': '\\(dq',
};

export function bold(text: string): string {
  return `\\fB${roff(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${roff(text)}\\fR`;
}

/** A line of text: a dot or an apostrophe at its start would make it a command. */
function inputLine(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

/** The title of a page; the date is that of the source, so that two builds are equal. */
export function title(name: string, section: number, source: { version: string; date: string }): string {
  const head = `.TH "${roff(name.toUpperCase())}" "${section}" "${source.date}" "Cordwood ${source.version}" "Cordwood"`;
  // A path or a flag that is hyphenated could not be copied.
  return `${head}\n.nh\n.ad l`;
}

export function section(name: string, ...parts: readonly string[]): string {
  return [`.SH "${roff(name)}"`, ...withoutFirstBreak(parts)].join('\n');
}

export function subsection(name: string, ...parts: readonly string[]): string {
  return [`.SS "${roff(name)}"`, ...withoutFirstBreak(parts)].join('\n');
}

/** Right below a heading, a paragraph begins by itself. */
function withoutFirstBreak(parts: readonly string[]): string[] {
  return parts.map((part, index) => (index === 0 ? part.replace(/^\.PP\n/, '') : part));
}

/** Paragraphs of plain text, separated by empty lines; lines that are indented stay as they are. */
export function paragraphs(text: string): string {
  const blocks = text.split('\n\n').flatMap((block) => block.split(/\n(?= )(?<!\n [^\n]*\n)/));
  return blocks.map((block) => (block.startsWith(' ') ? verbatim(block) : paragraph(roff(block)))).join('\n');
}

/** @param line roff already */
export function paragraph(line: string): string {
  return `.PP\n${line.split('\n').map(inputLine).join('\n')}`;
}

/** Lines that are neither filled nor broken. */
export function verbatim(text: string): string {
  const lines = text.split('\n').map((line) => inputLine(roff(line)) || '\\&');
  return ['.PP', '.nf', ...lines, '.fi'].join('\n');
}

/** A term with what it means. @param tag roff already */
export function tagged(tag: string, meaning: string): string {
  return `.TP\n${inputLine(tag)}\n${inputLine(roff(meaning))}`;
}

/** Command lines with what they do. */
export function examples(list: readonly (readonly [line: string, meaning: string])[]): string {
  return list.map(([line, meaning]) => tagged(bold(line), meaning)).join('\n');
}
