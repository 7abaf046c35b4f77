import { type Document, Scalar, visit, type YAMLError } from 'yaml';

/** A fault at an offset of the text. */
export type TextFault = { readonly offset: number; readonly message: string };

/** Characters that mean something else in YAML if a value begins with them. */
const SPECIAL = /^[*&!%@`|>?]/;

/**
 * Takes values such as `*:514` and `!cron`, which YAML reads as an alias or a tag, for the texts that were meant.
 * @returns a fault for each of them; the document can be read further
 */
export function takeUnquoted(document: Document, text: string): TextFault[] {
  const faults: TextFault[] = [];
  const anchors = anchorsOf(document);
  const aliases = new Set<string>();
  visit(document, { Alias: (_, node) => void aliases.add(node.source) });
  visit(document, {
    Alias(_, node) {
      if (anchors.has(node.source)) return undefined;
      const offset = node.range?.[0] ?? 0;
      faults.push({ offset, message: quoteIt(valueAt(text, offset)) });
      const scalar = new Scalar(`*${node.source}`);
      scalar.range = node.range ?? null;
      return scalar;
    },
    Scalar(_, node) {
      const offset = node.range?.[0] ?? 0;
      const [before = ''] = /[&!]\S*\s*$/.exec(text.slice(0, offset)) ?? [];
      const isAnchor = node.anchor !== undefined && !aliases.has(node.anchor);
      if (before === '' || !(isAnchor || /^!\w/.test(node.tag ?? ''))) return;
      if (isAnchor)
        faults.push({ offset: offset - before.length, message: quoteIt(valueAt(text, offset - before.length)) });
      node.value = `${before}${String(node.value ?? '')}`;
      node.range = [offset - before.length, offset, offset];
    },
  });
  return faults;
}

function anchorsOf(document: Document): Set<string> {
  const anchors = new Set<string>();
  visit(document, { Node: (_, node) => void ('anchor' in node && node.anchor && anchors.add(node.anchor)) });
  return anchors;
}

/** Whether a document with this fault can be read further, because the fault is in one value. */
export function isInValue({ code }: YAMLError): boolean {
  return ['TAG_RESOLVE_FAILED', 'DUPLICATE_KEY', 'BAD_DQ_ESCAPE', 'BAD_SCALAR_START'].includes(code);
}

/**
 * Says in words of the configuration what the parser found wrong, at the place where it can be mended. One fault for
 * each line: those behind the first one follow from it.
 */
export function syntaxFaults(document: Document, text: string): TextFault[] {
  const open = unclosedQuote(document, text);
  if (open) return [open];
  const all = [...document.errors, ...document.warnings];
  const explained = all.flatMap((error) => explain(error, text, document) ?? []);
  if (explained.length === 0)
    return all.slice(0, 1).map(({ message, pos }) => ({ offset: pos[0], message: lowerCase(message) }));
  const lines = new Set<number>();
  return explained.filter(({ offset }) => {
    const line = lineAt(text, offset);
    return !lines.has(line) && lines.add(line);
  });
}

function explain(
  error: YAMLError | Document['warnings'][number],
  text: string,
  document: Document,
): TextFault | undefined {
  const offset = error.pos[0];
  const at = (message: string, place = offset): TextFault => ({ offset: place, message });
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return at('a tab indents this line; indent with spaces');
    case 'DUPLICATE_KEY':
      return at(`${/^[\w"']+/.exec(text.slice(offset))?.[0] ?? 'this key'} occurs twice; remove one of the two`);
    case 'MULTIPLE_DOCS':
      return at('a second document begins here; remove the line ---');
    case 'BAD_SCALAR_START':
    case 'TAG_RESOLVE_FAILED':
      return at(quoteIt(valueAt(text, offset)));
    case 'BAD_DQ_ESCAPE':
      return at(`${text.slice(offset, offset + 2)} means nothing in double quotes; use single quotes: '…'`);
    default:
      return bracket(error, text) ?? line(text, offset, document);
  }
}

/** A `[` or `{` that is not closed, or a comma that is missing between two. */
function bracket({ message, pos }: { message: string; pos: [number, number] }, text: string): TextFault | undefined {
  const opened = unclosedBrackets(text.slice(0, pos[0]));
  const last = opened.at(-1);
  if (last === undefined) return undefined;
  const [sign, closing] = text[last] === '[' ? ['[', ']'] : ['{', '}'];
  if (/^Flow (map|sequence)|expected flow|must be.*end with/i.test(message))
    return { offset: last, message: `this ${sign} is not closed; add a ${closing}` };
  if (/^Unexpected .*scalar|Missing ,/.test(message))
    return { offset: pos[0], message: 'a comma is missing before this' };
  if (/Block collections are not allowed/.test(message))
    return { offset: last, message: `this ${sign} is not closed, or a comma is missing after it; add it` };
  return undefined;
}

/** Offsets of the brackets that are open at the end of a text. */
function unclosedBrackets(text: string): number[] {
  const opened: number[] = [];
  for (const piece of text.matchAll(/(?<=^|\s)#.*|"(?:[^"\\]|\\.)*"|(?<=[\s,[{:])'(?:[^']|'')*'|[[\]{}]/g)) {
    if (/^[[{]$/.test(piece[0])) opened.push(piece.index);
    else if (/^[\]}]$/.test(piece[0])) opened.pop();
  }
  return opened;
}

/** What is wrong with the line that an offset is in, or with the next one, judged by its look. */
function line(text: string, offset: number, document: Document): TextFault | undefined {
  const number = lineAt(text, offset);
  const lines = text.split('\n');
  const starts = startsOf(lines);
  const here = lines[number]!;
  const [, lead = '', key, gap, value = ''] =
    /^(\s*(?:- +)*)([A-Za-z_]\w*)(\s*[:=]\s*)(.*)$/.exec(here.trimEnd()) ?? [];
  const place = starts[number]! + lead.length;
  if (key !== undefined && gap === ':' && value !== '')
    return { offset: place, message: `a blank is missing after the colon; write ${key}: ${short(value)}` };
  if (key !== undefined && gap!.trim() === '=')
    return { offset: place, message: `a colon and a blank follow a key; write ${key}: ${short(value)}` };
  const after = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s+[^\s#,\]}]/.exec(value);
  if (after) return { offset: place, message: `text follows the closing quote; write ${key}: ${quoted(value)}` };
  const above = columnsAbove(lines, number);
  const next = lines.findIndex((each, index) => index > number && /\S/.test(each) && !/^\s*#/.test(each));
  if (
    next > 0 &&
    value !== '' &&
    indentOf(lines[next]!) > lead.length &&
    /^\s*[A-Za-z_]\w*:(\s|$)/.test(lines[next]!)
  ) {
    const column = indentOf(lines[next]!);
    const message = `this line begins in column ${column + 1}, the key ${key} above it in column ${lead.length + 1}; align them`;
    return { offset: starts[next]! + column, message };
  }
  if (/^[^"'[{].*:\s/.test(value))
    return { offset: place, message: `the value contains a colon and a blank; write ${key}: ${quoted(value)}` };
  if (above.length > 0 && !above.includes(lead.length) && document.errors.length > 0) {
    const columns = above.map((each) => each + 1).join(' or ');
    const message = `this line begins in column ${lead.length + 1}, the keys above it in column ${columns}; align it with the keys that it belongs to`;
    return { offset: place, message };
  }
  return undefined;
}

/** The columns of the keys above a line, from 0, the nearest first, as far as they are groups around it. */
function columnsAbove(lines: readonly string[], number: number): number[] {
  const columns: number[] = [];
  for (let index = number - 1; index >= 0; index--) {
    const [, lead] = /^(\s*(?:- +)*)[A-Za-z_"']/.exec(lines[index]!) ?? [];
    if (lead !== undefined && columns.every((each) => lead.length < each)) columns.push(lead.length);
  }
  return columns;
}

/** A quoted value that takes in the lines behind it: its closing quote is missing. */
function unclosedQuote(document: Document, text: string): TextFault | undefined {
  let found: TextFault | undefined;
  visit(document, {
    Scalar(_, node) {
      const [from, to] = node.range ?? [0, 0];
      const isQuoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
      if (!isQuoted || document.errors.length === 0 || !/\n\s*(- +)?[A-Za-z_]\w*:(\s|$)/.test(text.slice(from, to)))
        return;
      found ??= { offset: from, message: `this quote is not closed; add a ${text[from]} at the end of its value` };
    },
  });
  const missing = document.errors.find(
    ({ code, message }) => code === 'MISSING_CHAR' && /closing .quote/.test(message),
  );
  if (found || !missing) return found;
  const sign = /closing (.)quote/.exec(missing.message)![1]!;
  const offset = text.lastIndexOf(sign, missing.pos[0] - 1);
  return { offset, message: `this quote is not closed; add a ${sign} at the end of its value` };
}

/** The value of a line from an offset on, without a comment and the end of the list or group around it. */
function valueAt(text: string, offset: number): string {
  const end = text.indexOf('\n', offset);
  const rest = text.slice(offset, end < 0 ? undefined : end).replace(/\s+#.*$/, '');
  return (unclosedBrackets(text.slice(0, offset)).length > 0 ? rest.replace(/(, \w+:.*|[\]},].*)$/, '') : rest).trim();
}

function quoteIt(value: string): string {
  const sign = SPECIAL.exec(value)?.[0] ?? value.charAt(0);
  return `a value that begins with ${sign} means something else in YAML; put it in quotes: ${quoted(value)}`;
}

function quoted(value: string): string {
  return /["\\]/.test(value) ? `'${short(value).replaceAll("'", "''")}'` : `"${short(value)}"`;
}

function short(value: string): string {
  return value.length > 80 ? `${value.slice(0, 77)}…` : value;
}

function indentOf(text: string): number {
  return /^\s*/.exec(text)![0].length;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length - 1;
}

function startsOf(lines: readonly string[]): number[] {
  let start = 0;
  return lines.map((each) => {
    const at = start;
    start += each.length + 1;
    return at;
  });
}

function lowerCase(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
