import { collectionOf } from './collection-names.ts';

/**
 * The commands, for mongosh, that spread the messages of streams over the shards of a cluster, once `serve` has created their collections. The key keeps an id on
 * one shard, whatever is sent again, since the host is part of the document.
 */
export function shardingCommands(database: string, streams: readonly string[]): string[] {
  const key = "{hostname: 'hashed', _id: 1}";
  return streams.flatMap((stream) => {
    const collection = collectionOf(stream);
    return [
      `db.getSiblingDB('${database}').getCollection('${collection}').createIndex(${key})`,
      `sh.shardCollection('${database}.${collection}', ${key})`,
    ];
  });
}
