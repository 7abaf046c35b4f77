/** What people try first, after other programs, and what it is called here. */
const INSTEAD: readonly (readonly [names: string, write: string])[] = [
  ['export download', 'cordwood search -S yesterday -U today -n all -o csv'],
  ['tail follow watch live', 'cordwood search -f'],
  ['grep find query logs log show cat less journalctl list', 'cordwood search'],
  ['status health info counters', 'cordwood stats'],
  ['lost dropped gaps audit', 'cordwood account'],
  ['start run server daemon up', 'cordwood serve'],
  ['stop restart reload down', 'systemctl restart cordwood, or reload; Ctrl-C stops a server in a terminal'],
  ['backup restore import dump', 'docs/operations.md: copy the data folder of a stopped server'],
  ['config validate lint check', 'cordwood check-config'],
  ['rules rule incidents incident', 'cordwood alert list'],
  ['ack acknowledge silence mute', 'cordwood alert ack, or cordwood alert silence'],
  ['retention disk usage df du size', 'cordwood streams'],
  ['delete purge vacuum prune rotate clean', 'keep or max_disk in the configuration: docs/configuration.md'],
  ['login open ui gui browser dashboard', 'cordwood web'],
  ['histogram graph chart timeline', 'cordwood hist'],
  ['sort group stats-by summary', 'cordwood top'],
  ['cert certs certificate certificates', 'cordwood tls'],
  ['clients agents senders', 'cordwood hosts, or cordwood agent'],
  ['test', 'cordwood parse for lines, cordwood alert test for rules'],
];

/** What to type instead of a command that does not exist; undefined if nothing here is like it. */
export function insteadOfCommand(name: string): string | undefined {
  if (name.startsWith('-')) return 'the command comes before its flags, e.g. cordwood search -S -1h';
  const entry = INSTEAD.find(([names]) => names.split(' ').includes(name.toLowerCase()));
  return entry && `write ${entry[1]}`;
}
