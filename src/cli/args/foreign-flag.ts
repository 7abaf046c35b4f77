/** What to write instead of a flag of another program, and the flag of ours that it takes; none if any command may. */
type Instead = readonly [flags: string, write: string, needs?: string];

/** Flags of journalctl, grep, tail and the like, and words that people try. Of several entries, the first that fits counts. */
const INSTEAD: readonly Instead[] = [
  ['u unit user-unit identifier program process service', 'write -t PROGRAM', 'tag'],
  ['k dmesg', 'write --facility kern', 'facility'],
  ['b boot', 'write the time of the start, e.g. -S -2h: boots are not recorded', 'since'],
  ['today', 'write -S today', 'since'],
  ['yesterday', 'write -S yesterday -U today', 'since'],
  ['last days hours minutes time range', 'write -S -1h, or -S and -U', 'since'],
  ['start begin', 'write -S TIME', 'since'],
  ['end', 'write -U TIME', 'until'],
  ['e pager-end', 'leave it out: the newest lines are at the end', 'lines'],
  ['head', 'write -n +N: the oldest N lines', 'lines'],
  ['limit max m max-count', 'write -n N', 'lines'],
  ['a all x catalog l full no-full no-hostname merge', 'leave it out', 'lines'],
  ['i ignore-case', 'leave it out: case does not matter', 'grep'],
  ['s case-sensitive', 'write a regular expression: /Foo/', 'grep'],
  ['E P extended-regexp perl-regexp', 'write -g PATTERN: a regular expression (RE2)', 'grep'],
  ['N', 'write cordwood fields', 'grep'],
  ['c', 'write cordwood count', 'grep'],
  ['c config-file conf', 'write --config FILE', 'config'],
  ['severity level sev loglevel', 'write -p err: err and worse', 'priority'],
  ['H host hostname source machine', 'name the hosts without a flag, e.g. cordwood hosts web1', 'silent'],
  ['hostname source machine M', 'write -H HOST', 'host'],
  ['by group-by', 'write cordwood top FIELD, or cordwood hist --by FIELD', 'tag'],
  ['format output-format', 'write -o FORMAT', 'output'],
  ['json', 'write -o json', 'output'],
  ['csv', 'write cordwood search -o csv', 'grep'],
  ['D directory dir data-dir', 'write --data DIR', 'data'],
  ['cursor after-cursor show-cursor', 'write --cursor-file FILE', 'cursor-file'],
  ['disk-usage', 'write cordwood streams'],
  ['vacuum-size vacuum-time vacuum-files rotate', 'write keep or max_disk in the configuration'],
];

/**
 * What to write instead of a flag that a command does not have.
 *
 * @param raw the flag with its dashes: `-u`, `--unit`
 * @param known the flags of the command, by name
 * @returns e.g. `write -t PROGRAM`; undefined if the flag means nothing to us
 */
export function insteadOfFlag(raw: string, known: ReadonlyMap<string, unknown>): string | undefined {
  if (/^-\d$/.test(raw) && known.has('lines')) return 'write -n N for N lines';
  const name = raw.replace(/^--?/, '');
  return INSTEAD.find(([flags, , needs]) => flags.split(' ').includes(name) && (!needs || known.has(needs)))?.[1];
}
