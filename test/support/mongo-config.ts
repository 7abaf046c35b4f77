import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type MongoConfig = {
  readonly uri: string;
  readonly database: string;
  /** YAML. */
  readonly streams?: string;
  readonly partition?: 'day';
};

/** Writes a configuration of a server that stores in MongoDB and listens on a free TCP port; returns its path. */
export function mongoConfig(folder: string, { uri, database, streams, partition }: MongoConfig): string {
  const path = join(folder, `${database}.yaml`);
  const lines = [
    `store: {kind: mongodb, uri: '${uri}', database: ${database}${partition ? `, partition: ${partition}` : ''}}`,
    "listen: [{kind: tcp, address: '127.0.0.1:0'}]",
    `streams: ${streams ?? '[{name: default}]'}`,
  ];
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}
