import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A line of a device and the message that it becomes. Add a case to a file of `corpus/`, or add a file: all are read.
 * `want` has the parts of the stored message that parsing decides; `raw` is written as latin-1.
 */
export type CorpusCase = {
  readonly name: string;
  /** The frame as text, sent as UTF-8; or its bytes as latin-1. */
  readonly line?: string;
  readonly latin1?: string;
  /** The arrival; default 2026-11-22T16:20:05Z. */
  readonly at?: string;
  /** The zone of the peer; default UTC. */
  readonly zone?: string;
  readonly want: Readonly<Record<string, unknown>>;
};

const FOLDER = join(import.meta.dirname, 'corpus');

export function corpusCases(): { file: string; cases: CorpusCase[] }[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
  return files.map((file) => ({ file, cases: JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as CorpusCase[] }));
}

export function bytesOf(one: CorpusCase): Buffer {
  return one.latin1 === undefined ? Buffer.from(one.line ?? '') : Buffer.from(one.latin1, 'latin1');
}
