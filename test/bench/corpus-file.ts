import { execFileSync } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The corpus with that many lines as a file, written once a machine and used again. */
export function corpusFile(lines: number): string {
  const file = join(tmpdir(), `cordwood-corpus-${lines}.log`);
  if (!existsSync(file)) {
    const part = `${file}.${process.pid}`;
    execFileSync(process.execPath, [join(import.meta.dirname, 'corpus.ts'), '--lines', String(lines), part]);
    renameSync(part, file);
  }
  return file;
}
