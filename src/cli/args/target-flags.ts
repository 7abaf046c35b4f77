import type { Args } from './args.ts';
import type { Flag } from './flag.ts';
import type { Target } from '../../transfer/contract.ts';

const TARGET = 'Target';

/** The MongoDB that a command works on. */
export const TARGET_FLAGS: readonly Flag[] = [
  {
    name: 'to',
    value: 'URI',
    group: TARGET,
    help: 'mongodb://logs@db1,db2,db3/?replicaSet=logs; default: store: in the configuration',
  },
  { name: 'database', value: 'NAME', group: TARGET, help: 'the target database; default: cordwood' },
  {
    name: 'password-file',
    value: 'FILE',
    source: 'file',
    group: TARGET,
    help: 'a file with the password of the user in the URI',
  },
];

export function targetFlags(args: Args): Target {
  const [uri, database, passwordFile] = [args.text('to'), args.text('database'), args.text('password-file')];
  return {
    ...(uri !== undefined && { uri }),
    ...(database !== undefined && { database }),
    ...(passwordFile !== undefined && { passwordFile }),
  };
}
