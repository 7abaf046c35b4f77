import type { Gap } from '../../account/contract.ts';
import type { SearchRow } from '../../ask/contract.ts';
import type { LogMessage } from '../../model/message.ts';
import type { Args } from '../args/args.ts';
import { wantsColor } from '../io/colors.ts';
import type { Context } from './command.ts';
import { usageError } from '../args/exit.ts';
import type { Format } from '../formats/format.ts';
import { FORMATS } from '../formats/registry.ts';
import { fieldList, zoneOf } from '../args/scope.ts';

/** Opens the format that the flags choose. @throws CordwoodError ERR_USAGE */
export async function openFormat({ args, terminal, output }: Context, otherwise = 'short'): Promise<Format> {
  const kind = FORMATS.find(({ name }) => name === (args.text('output') ?? otherwise))!;
  const create = await kind.load();
  return create({
    zone: zoneOf(args),
    terminal: output.isTerminal,
    color: wantsColor(args.text('color'), terminal.env, output.isTerminal),
    fields: await fieldsOf(args, kind),
  });
}

async function fieldsOf(args: Args, kind: (typeof FORMATS)[number]): Promise<string[] | undefined> {
  const text = args.text('fields');
  if (text === undefined) return undefined;
  const able = FORMATS.filter(({ fields }) => fields).map(({ name }) => name);
  if (!kind.fields) throw usageError(`cannot use --fields with -o ${kind.name}: use -o ${able.join(', ')}`);
  return fieldList(text, '--fields');
}

/** Writes rows in a format and counts the matches among them. */
export class RowWriter {
  matches = 0;
  /** Messages of which the bytes as received are not kept. */
  rebuilt = 0;
  readonly #format: Format;
  readonly #output: Context['output'];
  readonly #onMissing: (gap: Gap) => void;

  /** @param onMissing called with each gap if the format has no line for gaps */
  constructor(format: Format, output: Context['output'], onMissing: (gap: Gap) => void) {
    this.#format = format;
    this.#output = output;
    this.#onMissing = onMissing;
    if (format.head) output.write(format.head);
  }

  /** @returns a promise to await if the reader is slow */
  write(row: SearchRow | LogMessage): Promise<void> | undefined {
    if ('_gap' in row) return this.#format.gap ? this.#output.write(this.#format.gap) : undefined;
    if ('_missing' in row) {
      if (this.#format.missing) return this.#output.write(this.#format.missing(row._missing));
      this.#onMissing(row._missing);
      return undefined;
    }
    const context = '_context' in row;
    if (!context) this.matches++;
    if (row.raw === undefined) this.rebuilt++;
    const written = this.#format.row(row, context);
    return typeof written === 'string' ? this.#output.write(written) : this.#output.writeBytes(written);
  }
}
