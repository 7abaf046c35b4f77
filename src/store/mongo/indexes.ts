import { type CreateIndexesOptions, type Db, MongoClientClosedError, MongoNetworkError } from 'mongodb';
import { codeOf } from './error-codes.ts';
import { INDEXED_FIELDS, type IndexedField } from './settings.ts';

/** The index of severities has no documents above this one: most lines are, and cost it nothing. */
export const INDEXED_SEVERITY = 4;
/** Codes of mongod: an index of the same keys exists, with other options or another name. */
const SIMILAR_INDEX_EXISTS = [85, 86];

type Index = CreateIndexesOptions & { readonly name: string; readonly key: Readonly<Record<string, 1 | -1>> };

/** An index of ours that exists, although its field is not in the list of the configuration. */
export type SpareIndex = { readonly collection: string; readonly index: string };

/**
 * The key of the index of a field. It ends in `_id`, which is the order of every answer, so that no
 * query needs a sort.
 */
export function indexKey(field: IndexedField): Readonly<Record<string, 1 | -1>> {
  return { [field]: 1, _id: -1 };
}

/** The names of the indexes of a collection: the keys of a map, or a set. */
type Names = { has(name: string): boolean };

/** What is there beside what was wanted. */
export type EnsuredIndexes = {
  /** The names of our other indexes, which the list does not have. */
  readonly spare: readonly string[];
  /**
   * The names of those that mongod builds meanwhile, and why it does not build them, once it says
   * so. Undefined if none is missing.
   */
  readonly building?: { readonly names: readonly string[]; readonly failure: Promise<unknown> };
};

/**
 * Creates those that are missing, and drops none: another node may want it, and without it searches
 * of a large collection are slow until it is built again. If there are documents, the build is not
 * waited for, because inserts need not wait.
 */
export async function ensureIndexes(
  db: Db,
  collection: string,
  { fields, existing }: { readonly fields: readonly IndexedField[]; readonly existing: Names },
): Promise<EnsuredIndexes> {
  const spare = spareOf(existing, fields);
  const missing = fields.map(indexOf).filter(({ name }) => !existing.has(name));
  if (missing.length === 0) return { spare };
  if ((await db.collection(collection).findOne({}, { projection: { _id: 1 } })) === null) {
    await createIndexes(db, collection, missing);
    return { spare };
  }
  const failure = createIndexes(db, collection, missing).then(() => undefined, whyNotBuilt);
  return { spare, building: { names: missing.map(({ name }) => name), failure } };
}

/** A connection that is closed meanwhile does not end the build. */
function whyNotBuilt(error: unknown): unknown {
  return error instanceof MongoNetworkError || error instanceof MongoClientClosedError ? undefined : error;
}

/** Our indexes in these collections that the list does not have. */
export async function spareIndexes(
  db: Db,
  collections: readonly string[],
  fields: readonly IndexedField[],
): Promise<SpareIndex[]> {
  const found = collections.map(async (collection) => {
    const spare = spareOf(await namesIn(db, collection), fields);
    return spare.map((index) => ({ collection, index }));
  });
  return (await Promise.all(found)).flat();
}

/** The command for mongosh that drops an index. */
export function dropCommand(database: string, { collection, index }: SpareIndex): string {
  return `db.getSiblingDB('${database}').getCollection('${collection}').dropIndex('${index}')`;
}

async function namesIn(db: Db, collection: string): Promise<Set<string>> {
  const indexes = await db.collection(collection).indexes();
  return new Set(indexes.flatMap(({ name }) => name ?? []));
}

function spareOf(existing: Names, fields: readonly IndexedField[]): string[] {
  const others = INDEXED_FIELDS.filter((field) => !fields.includes(field));
  return others.map((field) => indexOf(field).name).filter((name) => existing.has(name));
}

function indexOf(field: IndexedField): Index {
  const index = { key: indexKey(field), name: `cordwood_${field}` };
  if (field !== 'severity') return index;
  return { ...index, partialFilterExpression: { severity: { $lte: INDEXED_SEVERITY } } };
}

/**
 * Creates all at once if the collection is new. An existing index of the same keys, with other
 * options, will do.
 */
async function createIndexes(db: Db, name: string, indexes: readonly Index[]): Promise<void> {
  try {
    await db.collection(name).createIndexes(indexes.map((index) => ({ ...index, key: { ...index.key } })));
  } catch (error) {
    if (!SIMILAR_INDEX_EXISTS.includes(codeOf(error) ?? 0)) throw error;
    if (indexes.length > 1) for (const index of indexes) await createIndexes(db, name, [index]);
  }
}
