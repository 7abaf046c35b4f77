import { copied, cutText } from '../../base/text.ts';

/** Templates of one program, and programs, that are kept; beyond this, nothing counts as new. */
const MAX_TEMPLATES = 500;
const MAX_PROGRAMS = 1000;
/** Characters of a template, and of all names and words that are kept. */
const MAX_TEMPLATE = 1024;
const MAX_TEXT = 2 << 20;
/** Words of a message that are compared, and characters of a word. */
const MAX_WORDS = 40;
const MAX_WORD = 60;
/** The share of words that a message must have in common with a template, at the same places. */
const ALIKE = 0.6;
const ANY = '*';

/** What differs between messages of the same kind, longest forms first. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '"…"'],
  [/\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b/g, '<mail>'],
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/gi, '<mac>'],
  [/(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}:?[0-9a-f]{0,4}(?![\w:])/gi, '<ip>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, '<ip>'],
  [/\b0x[0-9a-f]+\b/gi, '<hex>'],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{6,}\b/gi, '<hex>'],
  [/\d+(?:[.,]\d+)*/g, '<n>'],
];

type Template = { readonly name: string; words: string[] };
/**
 * Templates as they are stored: for each program, the name and the current words of each template.
 */
export type StoredTemplates = readonly (readonly [
  program: string,
  readonly (readonly [name: string, words: string])[],
])[];

/**
 * The kinds of messages that a program writes: the words that stay the same. Found by masking
 * numbers, ids, addresses and quoted texts, and by widening a template when a message differs from
 * it in few words (as Drain does: He et al., ICWS 2017).
 */
export class Templates {
  readonly #programs = new Map<string, Template[]>();
  /** Characters of all names and words. */
  #text = 0;

  constructor(stored: StoredTemplates = []) {
    for (const [program, templates] of stored) {
      for (const [name, words] of templates) this.#text += name.length + words.length;
      this.#programs.set(
        program,
        templates.map(([name, words]) => ({ name, words: words.split(' ') })),
      );
    }
  }

  /**
   * The name of a message's template: its first message, masked. Undefined if there is no room for
   * a new one.
   */
  nameOf(program: string, message: string): string | undefined {
    const words = wordsOf(message);
    const known = this.#programs.get(program);
    const best = known && nearest(known, words);
    if (best) {
      best.words = best.words.map((word, place) => (word === words[place] ? word : ANY));
      return best.name;
    }
    if (known ? known.length >= MAX_TEMPLATES : this.#programs.size >= MAX_PROGRAMS) return undefined;
    // A word is a slice of its message, and would keep all of that in memory.
    const name = copied(words.join(' '));
    if (this.#text + 2 * name.length > MAX_TEXT) return undefined;
    this.#text += 2 * name.length;
    const template = { name, words: name.split(' ') };
    if (known) known.push(template);
    else this.#programs.set(program, [template]);
    return name;
  }

  stored(): StoredTemplates {
    return [...this.#programs].map(([program, templates]) => [
      program,
      templates.map(({ name, words }) => [name, words.join(' ')] as const),
    ]);
  }
}

/**
 * A message with its variable parts masked: the name of its template, if it was the first of it.
 */
export function kindOf(message: string): string {
  return wordsOf(message).join(' ');
}

function wordsOf(message: string): string[] {
  let text = message.slice(0, MAX_WORDS * MAX_WORD);
  for (const [mask, name] of MASKS) text = text.replace(mask, name);
  const words = text
    .trim()
    .split(/\s+/, MAX_WORDS)
    .map((word) => word.slice(0, MAX_WORD));
  return cutText(words.join(' '), MAX_TEMPLATE).split(' ');
}

/** Of the templates with the same number of words, the one that shares the most of them. */
function nearest(templates: readonly Template[], words: readonly string[]): Template | undefined {
  let best: Template | undefined;
  let most = 0;
  for (const template of templates) {
    if (template.words.length !== words.length) continue;
    let same = 0;
    for (let place = 0; place < words.length; place++) {
      if (template.words[place] === words[place]) same++;
      else if (template.words[place] === ANY) same += 0.5;
    }
    const share = same / words.length;
    if (share >= ALIKE && share > most) {
      best = template;
      most = share;
    }
  }
  return best;
}
