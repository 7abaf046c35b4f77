import swagger from '@fastify/swagger';
import fastify from 'fastify';
import { z } from '../base/schema.ts';
import { PROBLEM_TYPE } from './problem.ts';
import { methodsOf, type Route, urlOf } from './route.ts';

type JsonSchema = Record<string, unknown> & {
  properties?: Record<string, unknown>;
  required?: string[];
  additionalProperties?: unknown;
};

const PROBLEM = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.string(),
  query: z.string().optional(),
  column: z.number().optional().meta({ description: 'where in the query, 0-based, UTF-16 units' }),
});

/** The description of all routes as OpenAPI 3.1, whose schemas are JSON Schema 2020-12, which zod writes. */
export async function openApi(routes: readonly Route[], version: string): Promise<object> {
  const server = fastify();
  // Our own validation reports all faults of a request at once, in words for people: here, schemas only describe.
  server.setValidatorCompiler(() => () => true);
  server.setSerializerCompiler(() => (data) => JSON.stringify(data));
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Cordwood', version, description: 'Searches and looks after a Cordwood server.' },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'a token of `cordwood token add`' },
          basic: { type: 'http', scheme: 'basic', description: 'the same token as the password' },
        },
      },
    },
  });
  for (const route of routes) {
    for (const method of methodsOf(route))
      server.route({ method, url: urlOf(route), schema: schemaOf(route, method), handler: () => undefined });
  }
  await server.ready();
  const document = server.swagger();
  await server.close();
  return document;
}

function schemaOf(route: Route, method: Route['method']) {
  const { about, access, limited, path } = route;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const all = jsonSchema(route.params, 'input');
  const names = Object.keys(all.properties ?? {});
  const rest = pick(
    all,
    names.filter((name) => !inPath.includes(name)),
  );
  const isEmpty = Object.keys(rest.properties ?? {}).length === 0;
  const own = limited === 'refused' && access !== 'everyone' ? ' Refused to users who see only some messages.' : '';
  return {
    summary: about,
    description:
      access === 'everyone'
        ? 'Needs no login.'
        : `Needs ${access === 'login' ? 'a login' : `the role ${access}`}.${own}`,
    tags: [subjectOf(path)],
    ...(access !== 'everyone' && { security: [{ token: [] }, { basic: [] }] }),
    ...(inPath.length > 0 && { params: pick(all, inPath) }),
    ...(!isEmpty && (method === 'GET' ? { querystring: rest } : { body: rest })),
    response: responsesOf(route),
  };
}

function responsesOf({ answer, types = [] }: Route): Record<string, object> {
  const content = {
    ...(answer && { 'application/json': { schema: jsonSchema(answer, 'output') } }),
    ...Object.fromEntries(types.map((type) => [type, { schema: { type: 'string' } }])),
  };
  const problem = {
    description: 'A problem (RFC 9457)',
    content: { [PROBLEM_TYPE]: { schema: jsonSchema(PROBLEM, 'output') } },
  };
  if (Object.keys(content).length === 0) return { 204: { description: 'Done', type: 'null' }, default: problem };
  return { 200: { description: 'The answer', content }, default: problem };
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' });
  return rest as JsonSchema;
}

/** The schema of an object with only these properties. Unknown keys are refused where the route refuses them. */
function pick(schema: JsonSchema, names: readonly string[]): JsonSchema {
  const { properties = {}, required = [], additionalProperties } = schema;
  return {
    type: 'object',
    ...(additionalProperties !== undefined && { additionalProperties }),
    properties: Object.fromEntries(names.map((name) => [name, properties[name]])),
    required: required.filter((name) => names.includes(name)),
  };
}

/** What a route is about: the first word of its path behind the version. */
function subjectOf(path: string): string {
  return path.replace(/^\/api\/v1/, '').split('/')[1]!;
}
