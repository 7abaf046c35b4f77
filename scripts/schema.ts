import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '../src/base/schema.ts';
import { settingsSchema } from '../src/config/schema.ts';

/** The file that editors are pointed at. */
export const SCHEMA_FILE = join(import.meta.dirname, '..', 'etc', 'cordwood.schema.json');

/** The configuration as editors understand it: a JSON schema of what is written, not of what it means. */
export function configurationSchema(): string {
  const schema = z.toJSONSchema(settingsSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      delete jsonSchema['unit'];
      if (jsonSchema.type === 'string') delete jsonSchema.anyOf;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return `${JSON.stringify({ title: 'The configuration of Cordwood', ...schema }, undefined, 2)}\n`;
}

/** Whether the file is what would be written now. */
export function isFresh(): boolean {
  return readFileSync(SCHEMA_FILE, 'utf8') === configurationSchema();
}

if (import.meta.main) writeFileSync(SCHEMA_FILE, configurationSchema());
