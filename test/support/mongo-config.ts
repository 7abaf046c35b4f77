import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type MongoConfig = {
  readonly uri: string;
  readonly database: string;
  /** YAML. */
  readonly streams?: string;
  readonly partition?: 'day';
  readonly sharded?: boolean;
  readonly inFlight?: number;
  readonly indexes?: readonly string[];
  /** The file of the user's password. */
  readonly password?: string;
  /** The address of the web page. */
  readonly web?: string;
};

/** Writes a configuration of a server that stores in MongoDB and listens on a free TCP port; returns its path. */
export function mongoConfig(folder: string, given: MongoConfig): string {
  const { uri, database, streams, partition, sharded, inFlight, indexes, password, web } = given;
  const path = join(folder, `${database}${web ? '-web' : ''}.yaml`);
  const more = {
    ...(partition && { partition }),
    ...(sharded && { sharded }),
    ...(inFlight && { in_flight: inFlight }),
    ...(indexes && { indexes }),
    ...(password && { password: { file: password } }),
  };
  const lines = [
    `store: ${JSON.stringify({ kind: 'mongodb', uri, database, ...more })}`,
    "listen: [{kind: tcp, address: '127.0.0.1:0'}]",
    `streams: ${streams ?? '[{name: default}]'}`,
    ...(web ? [`web: {address: '${web}'}`] : []),
  ];
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}
