import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '../src/base/schema.ts';
import { ruleFileSchema, rulesSchema, settingsSchema } from '../src/config/schema.ts';

/** What editors are pointed at: the file in etc/, what it is about, and what is checked. */
const SCHEMAS = [
  { file: 'cordwood.schema.json', title: 'The configuration of Cordwood', of: settingsSchema },
  { file: 'alerts.schema.json', title: 'Rules of Cordwood in alerts.d/', of: z.union([rulesSchema, ruleFileSchema]) },
] as const;
type Schema = (typeof SCHEMAS)[number];

const pathOf = ({ file }: Schema): string => join(import.meta.dirname, '..', 'etc', file);

/** The settings as editors understand them: a JSON schema of what is written, not of what it means. */
function textOf({ title, of }: Schema): string {
  return `${JSON.stringify({ title, ...jsonSchemaOf(of) }, undefined, 2)}\n`;
}

/** The JSON schema of the configuration file. */
export function settingsJsonSchema() {
  return jsonSchemaOf(settingsSchema);
}

function jsonSchemaOf(schema: z.ZodType) {
  return z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      delete jsonSchema['unit'];
      if (jsonSchema.type === 'string') delete jsonSchema.anyOf;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
}

/** Whether the files are what would be written now. */
export function isFresh(): boolean {
  return SCHEMAS.every((schema) => readFileSync(pathOf(schema), 'utf8') === textOf(schema));
}

if (import.meta.main) for (const schema of SCHEMAS) writeFileSync(pathOf(schema), textOf(schema));
