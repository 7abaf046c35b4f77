import type { Message, Row } from '../api/answers.ts';
import { showText } from '../text/show.ts';
import { counted } from '../text/numbers.ts';
import { clock, date, span } from '../time/zone.ts';
import { gapText } from './gap-text.ts';
import { valuesOf } from './values.ts';

/** Longer texts are cut in the list and whole in the details. */
const MAX_TEXT = 2000;
/** A timestamp further than this from arrival is marked, ms. */
const FAR = 60_000;
/** Letters that keep their line and are as wide as they are counted: no marks that stack, nothing from right to left. */
const CALM = /^[\t\x20-\x7e\u00a0-\u00ac\u00ae-\u024f]*$/;
/** Letters that are all equally wide, whatever the font. */
const EVEN = /^[\x20-\x7e]*$/;
/** Between columns, in letters. */
export const COLUMN_SPACE = 2;

export type LineLook = {
  readonly columns: readonly string[];
  readonly zone: string;
  readonly marks?: RegExp | undefined;
  /** Whether the window spans several days, so that a line needs its date. */
  readonly hasDates: boolean;
  /** Letters that columns have room for, by name; texts of others are clipped. The last column ends at the list's edge. */
  readonly room?: ReadonlyMap<string, number>;
  /** The id of the message that is looked at. */
  readonly current?: string | undefined;
};

/** One line of the list. Texts of others come in by `showText` only. */
export function lineOf(row: Row, look: LineLook): HTMLElement {
  const line = document.createElement('div');
  line.setAttribute('role', 'option');
  if ('_gap' in row) {
    line.className = 'line line-break';
    line.setAttribute('aria-disabled', 'true');
    line.textContent = '⋯';
    return line;
  }
  if ('_missing' in row) {
    line.className = 'line line-missing';
    line.setAttribute('aria-disabled', 'true');
    showText(line, gapText(row._missing, look.zone));
    return line;
  }
  line.className = `line level-${row.level}${row._context ? ' line-context' : ''}`;
  line.id = `line-${row._id}`;
  line.setAttribute('aria-selected', String(row._id === look.current));
  const cells = look.columns.map((column) => cellOf(column, row, look));
  const pads = padsOf(cells, look);
  if (pads) line.classList.add('line-flat');
  line.append(...cells.flatMap((cell, at) => [cell, pads?.[at] ?? '']).slice(0, -1));
  return line;
}

/**
 * The blanks that keep the columns of a line apart if it can be one text: every cell is as wide as its letters are
 * counted. To scroll such lines takes three fifths of the CPU that lines with a box for each cell take.
 */
function padsOf(cells: readonly HTMLElement[], { columns, room }: LineLook): string[] | undefined {
  if (room === undefined) return undefined;
  const pads: string[] = [];
  for (const [at, cell] of cells.entries()) {
    if (cell.classList.contains('cell-clip')) return undefined;
    if (at === cells.length - 1) break;
    const text = cell.textContent;
    if (!EVEN.test(text)) return undefined;
    pads.push(' '.repeat((room.get(columns[at]!) ?? 0) + COLUMN_SPACE - text.length));
  }
  return pads;
}

function cellOf(column: string, message: Message, look: LineLook): HTMLElement {
  const cell = document.createElement('span');
  cell.className = `cell cell-${CELL_CLASSES.get(column) ?? 'other'}`;
  if (column === 'time') fillTime(cell, message, look);
  else if (column === 'level') fillLevel(cell, message);
  else {
    if (column === 'message') fillMessage(cell, message, look);
    else showText(cell, cellText(column, message), look.marks);
    if (!fits(column, cell.textContent, look)) cell.classList.add('cell-clip');
  }
  return cell;
}

/** Whether a text stays in its cell without being clipped: the browser draws each box that clips apart. */
function fits(column: string, text: string, { room, columns }: LineLook): boolean {
  if (room === undefined || !CALM.test(text)) return false;
  return column === columns.at(-1) || text.length <= (room.get(column) ?? 0);
}

const CELL_CLASSES = new Map([
  ['time', 'time'],
  ['level', 'level'],
  ['hostname', 'host'],
  ['appname', 'app'],
  ['message', 'message'],
]);

function fillTime(cell: HTMLElement, { received_at }: Message, { zone, hasDates }: LineLook): void {
  const arrival = Date.parse(received_at);
  cell.textContent = hasDates ? `${date(arrival, zone).slice(5)} ${clock(arrival, zone)}` : clock(arrival, zone);
}

function fillLevel(cell: HTMLElement, { level }: Message): void {
  const mark = document.createElement('span');
  mark.className = 'line-mark';
  mark.textContent = '  ';
  cell.append(mark, level);
}

function fillMessage(cell: HTMLElement, message: Message, { marks }: LineLook): void {
  const text = message.message;
  const isLong = text.length > MAX_TEXT;
  showText(cell, isLong ? text.slice(0, MAX_TEXT) : text, marks);
  if (isLong) cell.append(note('more', ` … ${counted(text.length - MAX_TEXT, 'more character')}`));
  for (const [name, value] of Object.entries(message.fields ?? {})) {
    const pair = note('pair', '');
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    showText(pair, ` ${name}=${values.map(String).join(',')}`.slice(0, 200), marks);
    cell.append(pair);
  }
  const late = lateness(message);
  if (late) cell.prepend(note('late', late));
}

/** What is wrong with the sender's timestamp, if anything is; arrival orders the lines. */
function lateness({ timestamp, received_at, flags }: Message): string | undefined {
  if (flags.includes('no_timestamp')) return undefined;
  const difference = Date.parse(timestamp) - Date.parse(received_at);
  if (Math.abs(difference) <= FAR) return undefined;
  return difference > 0 ? `${span(difference)} ahead` : `${span(difference)} late`;
}

function note(kind: string, text: string): HTMLElement {
  const element = document.createElement('span');
  element.className = `note note-${kind}`;
  element.textContent = text;
  return element;
}

/** What a column other than time, level and message shows. */
export function cellText(column: string, message: Message): string {
  if (column === 'hostname') return message.hostname ?? message.source.ip;
  if (column === 'appname') {
    return `${message.appname ?? ''}${message.procid === undefined ? '' : `[${message.procid}]`}`.slice(0, 120);
  }
  return valuesOf(message, column).join(', ').slice(0, 255);
}
