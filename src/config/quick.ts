/**
 * Reads one top-level text of a YAML file without a YAML parser, since loading the parser takes a command 60 ms. It is
 * `sure` only if the file is a plain block mapping and the value a plain or simply quoted text.
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

/** Text of letters, digits and `/._-` has no other meaning in YAML if a slash or a dot comes first. */
function scalar(text: string): string | undefined {
  const match = /^(?:([/.][\w/.-]*)|'([^'\\]+)'|"([^"\\]+)")\s*(?: #.*)?$/.exec(text);
  return match?.[1] ?? match?.[2] ?? match?.[3];
}
