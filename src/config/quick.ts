/**
 * One top-level text of a YAML file without a YAML parser, whose import would cost a command 60 ms: only where the
 * file is a plain block mapping and the value a plain or simply quoted text; everything else is not `sure`.
 */
export function quickScalar(text: string, key: string): { sure: true; value: string | undefined } | { sure: false } {
  let value: string | undefined;
  let last: string | undefined;
  for (const line of text.split('\n')) {
    if (/^(#|- |---\s*$|\s*$)/.test(line)) continue;
    if (/^\s/.test(line)) {
      if (last === undefined || last === key) return { sure: false };
      continue;
    }
    const [, name, rest = ''] = /^([A-Za-z_][A-Za-z0-9_]*):(?: +(.*))?$/.exec(line.trimEnd()) ?? [];
    if (name === undefined) return { sure: false };
    last = name;
    if (name !== key) continue;
    const found = scalar(rest);
    if (found === undefined || value !== undefined) return { sure: false };
    value = found;
  }
  return { sure: true, value };
}

/** Letters, digits and `/._-` cannot mean anything else in YAML where a slash or a dot leads. */
function scalar(text: string): string | undefined {
  const match = /^(?:([/.][\w/.-]*)|'([^'\\]+)'|"([^"\\]+)")\s*(?: #.*)?$/.exec(text);
  return match?.[1] ?? match?.[2] ?? match?.[3];
}
