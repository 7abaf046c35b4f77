import { execFileSync, spawnSync } from 'node:child_process';
import { find } from '../support/require.ts';
import { median } from './usage.ts';
import type { WholeCorpus } from './whole-corpus.ts';

/** A question as the shell would ask it; `$FILE` is the file of the lines, `$FILE.gz` the same compressed. */
export type Tool = { readonly tool: string; readonly script: string };
export type ToolResult = { readonly tool: string; readonly ms: number; readonly output: string };

const ROUNDS = 3;
/** zgrep takes seconds, and the same seconds each time. */
const SLOW_MS = 3000;

/** Compresses the corpus beside its file, as logrotate would; the file stays and goes away with the corpus. */
export function compress({ file }: WholeCorpus): void {
  execFileSync('/bin/sh', ['-c', 'gzip -6 -c "$FILE" > "$FILE.gz"'], { env: { ...process.env, FILE: file } });
}

/** ms of each tool that is installed, the median of some runs on the cached file. @throws where one fails */
export function askShell(tools: readonly Tool[], { file }: WholeCorpus): ToolResult[] {
  return tools
    .filter(({ tool }) => find(tool) !== undefined)
    .map(({ tool, script }) => {
      const times: number[] = [];
      let output = '';
      for (let round = 0; round < ROUNDS && (times[0] ?? 0) < SLOW_MS; round++) {
        const began = performance.now();
        output = run(script, file);
        times.push(performance.now() - began);
      }
      return { tool, ms: median(times), output };
    });
}

function run(script: string, file: string): string {
  const env = { ...process.env, FILE: file, LC_ALL: 'C.UTF-8' };
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', script], {
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  // 1 is grep's "nothing found".
  if (status !== 0 && status !== 1) throw new Error(`${script} failed: ${stderr}`);
  return stdout;
}
