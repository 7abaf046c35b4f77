/** One claim and what came of it, ready to be shown. */
export type Row = {
  readonly claim: string;
  readonly ours: string;
  /** What others needed for the same in the same run. */
  readonly peer?: string;
  readonly ratio?: string;
  readonly goal?: string;
  readonly met?: boolean;
};

/** The rows as a table of GitHub's Markdown. */
export function markdown(rows: readonly Row[]): string {
  const head = ['claim', 'Cordwood', 'beside it, in the same run', 'ratio', 'goal'];
  const cells = rows.map(({ claim, ours, peer = '', ratio = '', goal = '', met }) => {
    const mark = met === undefined ? '' : met ? ' ✓' : ' ✗';
    return [claim, ours, peer, ratio, `${goal}${mark}`];
  });
  return [head, head.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** `1.23 M`, `457 k`, `12`. */
export function big(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 1e4) return `${Math.round(value / 1e3)} k`;
  return value.toFixed(value < 10 ? 2 : 0);
}

/** `0.42 ms`, `12 ms`, `1,245 ms`. */
export function milliseconds(value: number): string {
  const digits = value < 1 ? 2 : value < 10 ? 1 : 0;
  return `${Number(value.toFixed(digits)).toLocaleString('en')} ms`;
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

export function times(ratio: number): string {
  return Number.isFinite(ratio) ? `${ratio.toFixed(ratio < 10 ? 2 : 0)}×` : '';
}

/** Progress, where it does not get into the table. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
