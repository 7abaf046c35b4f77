import { isAddress, isHost } from '../names.ts';
import type { ParseState } from '../parse-state.ts';
import type { Span } from './tag.ts';

/** What network devices write before or after the stamp, each part with a colon. */
export type DevicePrefix = {
  /** Sequence numbers: the first is the sender's, a second one the process's. */
  readonly numbers: string[];
  name?: Span;
  /** A node of the device (IOS XR), or a second name. */
  module?: Span;
  uptime?: string;
  /** A task of the device (AireOS). */
  task?: string;
  /** A virtual device (NX-OS). */
  vdc?: string;
  /** Where the stamp or the mnemonic begins. */
  end: number;
};

/** What ends a prefix: a stamp or a mnemonic. */
const LEADS =
  /^(?:[*.]?(?:(?:19|20)\d\d {1,2})?(?:[A-Z][a-z]{2},? {1,2})?[A-Za-z]{3} {1,4}\d{1,2}[ ,]|[*.]?\d{4}[-/:]\d\d|\d\d\/\d\d\/\d{4}|\*?%[A-Z%])/;
/** Blanks (HP), or a colon (NX-OS, and ASA in EMBLEM form). */
const START = /^ {0,4}(?:: ?)? {0,4}/;
const ADDRESS = /^([0-9A-Fa-f]*:[0-9A-Fa-f:.]+): {1,2}/;
const NUMBER = /^(\d{1,10}): {0,2}/;
const UPTIME = /^((?:\d+:)?\d\d:\d\d(?:\.\d+)?|\d+[ywdh]\d+[ywdh]): {1,2}(?=\*?%)/;
const TASK = /^\*([\w ./-]{1,64}): {1,2}/;
const VDC = /^%\$ {0,2}([\w.-]{1,64}) {0,2}%\$ {1,2}/;
const NAME = /^([\w.:-]{1,120}): {0,2}/;
const NODE = /^([\w./-]{1,64}): {0,2}/;
/** A name without a colon before a node. */
const NAME_AND_NODE = /^([\w.-]{1,64}) (?=\w+(?:\/\w+){2,}: ?)/;
const MAX_PARTS = 8;
const STAR = 0x2a;
const PERCENT = 0x25;

/** Reads the parts before a stamp or a mnemonic; undefined if they do not lead to one. */
export function readPrefix(state: ParseState, at: number): DevicePrefix | undefined {
  const head = state.head(at);
  const prefix: DevicePrefix = { numbers: [], end: at };
  let p = START.exec(head)![0].length;
  for (let part = 0; part < MAX_PARTS; part++) {
    const rest = head.slice(p);
    if (LEADS.test(rest)) {
      prefix.end = at + p;
      return prefix;
    }
    const length = readPart(prefix, rest, at + p);
    if (length === 0) return undefined;
    p += length;
  }
  return undefined;
}

/** Reads one part. @returns its length; 0 if it is none */
function readPart(prefix: DevicePrefix, rest: string, at: number): number {
  const first = rest.charCodeAt(0);
  if (first === STAR) return prefix.task === undefined ? take(TASK.exec(rest), (task) => (prefix.task = task)) : 0;
  if (first === PERCENT) return prefix.vdc === undefined ? take(VDC.exec(rest), (vdc) => (prefix.vdc = vdc)) : 0;
  if (first > 0x39) return readName(prefix, rest, at);
  const uptime = prefix.uptime === undefined ? take(UPTIME.exec(rest), (text) => (prefix.uptime = text)) : 0;
  if (uptime > 0) return uptime;
  const address = ADDRESS.exec(rest);
  if (address !== null && isAddress(address[1]!)) return readName(prefix, rest, at);
  const number = prefix.numbers.length < 3 ? take(NUMBER.exec(rest), (text) => prefix.numbers.push(text)) : 0;
  return number > 0 ? number : readName(prefix, rest, at);
}

/** Keeps what a pattern has found. @returns how long all of it is */
function take(match: RegExpExecArray | null, keep: (text: string) => unknown): number {
  if (match === null) return 0;
  keep(match[1]!);
  return match[0].length;
}

function readName(prefix: DevicePrefix, rest: string, at: number): number {
  const match = NAME_AND_NODE.exec(rest) ?? NAME.exec(rest) ?? NODE.exec(rest);
  if (match === null) return 0;
  const word = match[1]!;
  const span = { from: at, to: at + word.length };
  const isNode = word.includes('/');
  if (!isNode && prefix.name === undefined && prefix.module === undefined && isHost(word)) prefix.name = span;
  else if (prefix.module === undefined && (isNode || isHost(word))) prefix.module = span;
  else return 0;
  return match[0].length;
}

/** Numbers and names of a device that have no field: they become SD-ELEMENTs. */
export type Notes = {
  /** Sequence numbers, the sender's first. */
  readonly numbers: readonly string[];
  /** Parameters of `cisco@9`. */
  readonly extra: readonly string[];
};

export const NO_NOTES: Notes = { numbers: [], extra: [] };

/** What a prefix has besides the host. */
export function notesOf(prefix: DevicePrefix, module: string | undefined): Notes {
  const { numbers, uptime, task, vdc } = prefix;
  if (module === undefined && uptime === undefined && task === undefined && vdc === undefined) {
    return { numbers, extra: [] };
  }
  const extra = Object.entries({ module, uptime, task, vdc }).filter(([, value]) => value !== undefined);
  return { numbers, extra: extra.map(([name, value]) => `${name}="${value}"`) };
}

export function joinNotes(a: Notes, b: Notes): Notes {
  return { numbers: [...a.numbers, ...b.numbers], extra: [...a.extra, ...b.extra] };
}

/** The notes as SD-ELEMENTs: `meta` for the number (RFC 5424 §7.3.1), `cisco@9` for the others. */
export function writeNotes({ numbers: [first, ...more], extra }: Notes): string {
  const params = [...more.map((number) => `sequence="${number}"`), ...extra];
  const meta = first === undefined ? '' : `[meta sequenceId="${first}"]`;
  return params.length === 0 ? meta : `${meta}[cisco@9 ${params.join(' ')}]`;
}
