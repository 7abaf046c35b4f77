import { bold, italic, paragraph, paragraphs, roff, section, subsection, tagged, title, verbatim } from './roff.ts';
import { settingsJsonSchema } from './schema.ts';

/** What this page reads of a JSON schema. */
type Schema = {
  readonly description?: string;
  readonly type?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
};

/** cordwood.yaml(5): every key of the configuration, from its schema. */
export function configPage(source: { version: string; date: string }): string {
  const schema = settingsJsonSchema() as Schema;
  const keys = Object.entries(schema.properties ?? {});
  return `${[
    title('cordwood.yaml', 5, source),
    section('NAME', 'cordwood.yaml \\- the configuration of cordwood'),
    section('DESCRIPTION', paragraphs(DESCRIPTION)),
    section('VALUES', ...VALUES.map(([name, meaning]) => tagged(bold(name), meaning))),
    section('KEYS', ...keys.map(([name, key]) => keyText(name, key))),
    section(
      'EXAMPLES',
      paragraph(roff('Receive from the network, keep messages for 90 days, and notify of errors:')),
      verbatim(EXAMPLE),
    ),
    section(
      'FILES',
      tagged(italic('/etc/cordwood/cordwood.yaml'), 'what every command reads without --config and CORDWOOD_CONFIG'),
      tagged(italic('/etc/cordwood/alerts.d/*.yaml'), 'more rules, each file a list of them'),
      tagged(
        italic('/etc/cordwood/users.yaml'),
        'users and tokens of the web page, which cordwood user and token change',
      ),
    ),
    section(
      'SEE ALSO',
      ['cordwood', 'cordwood-check-config', 'cordwood-serve'].map((one) => `${bold(one)}(1)`).join(',\n'),
    ),
  ].join('\n')}\n`;
}

const DESCRIPTION = `The configuration of Cordwood is one YAML file. Every command reads the file that --config names, else the one that \
CORDWOOD_CONFIG names, else /etc/cordwood/cordwood.yaml if it exists; without any, the defaults apply, and only this machine \
can send. Relative paths in the file are relative to the file.

cordwood check-config reads the file as the server would, and prints what it would do, or everything that is wrong at once. \
A running server reads the file again on SIGHUP (systemctl reload cordwood).

Put an address that begins with * in quotes: without them, YAML reads it as an alias.`;

const VALUES = [
  ['duration', 'a number with ms, s, m, h, d, w or y: 90s, 30d'],
  ['size', 'a number with B, KiB, MiB, GiB, kB, MB or GB: 64KiB'],
  ['address', "host and port; * means all addresses, IPv4 and IPv6: '*:514'"],
  ['network', 'an address, or a network with its prefix length: 10.1.0.0/16'],
  ['zone', 'a name of the tz database, or an offset: Europe/Berlin, +05:30'],
  ['query', "as cordwood-search(1) takes it: 'severity:<=err'"],
  ['secret', 'a file or a variable that has it, never the secret itself: {file: /etc/cordwood/smtp.password}'],
] as const;

const EXAMPLE = `data: /var/lib/cordwood
listen:
  - {kind: udp, address: '*:514'}
  - {kind: tcp, address: '*:514'}
streams:
  - {name: default, keep: 90d}
alerts:
  - name: nginx-errors
    kind: count
    query: 'appname:nginx severity:<=err'
    above: 20
    to: [ops@example.org]
mail:
  from: 'logs <logs@example.org>'
  smtp: 'smtps://logs@mail.example.org:465'
  password: {file: /etc/cordwood/smtp.password}`;

/** A key of the file, with the keys below it; kinds first say what they share. */
function keyText(name: string, schema: Schema): string {
  const item = schema.items ?? schema;
  const kinds = item.oneOf ?? [];
  const about = [sentence(schema.description ?? ''), `Type: ${typeText(schema)}.`, defaultText(schema)];
  const head = paragraph(roff(about.filter(Boolean).join(' ')));
  if (kinds.length === 0) return subsection(name, head, ...entries(item));
  const shared = Object.keys(kinds[0]!.properties ?? {}).filter((key) =>
    kinds.every((kind) => isSame(kind, kinds[0]!, key)),
  );
  const ofAll = kinds.length > 1 ? shared : [];
  return [
    subsection(name, head, ...entries(kinds[0]!, (key) => ofAll.includes(key))),
    ...kinds.map((kind) => kindText(name, kind, (key) => key !== 'kind' && !ofAll.includes(key))),
  ].join('\n');
}

function kindText(name: string, kind: Schema, wanted: (key: string) => boolean): string {
  const own = entries(kind, wanted);
  const heading = `${name} of kind ${String(kind.properties?.['kind']?.const)}`;
  return subsection(heading, ...(own.length > 0 ? own : [paragraph(roff('It has no keys of its own.'))]));
}

function isSame(one: Schema, other: Schema, key: string): boolean {
  return key !== 'kind' && JSON.stringify(one.properties?.[key]) === JSON.stringify(other.properties?.[key]);
}

/** The keys of an object, those of objects in it as `outer.inner`. */
function entries(schema: Schema, wanted: (key: string) => boolean = () => true, path = ''): string[] {
  return Object.entries(schema.properties ?? {})
    .filter(([key]) => wanted(key))
    .flatMap(([key, value]) => {
      const isRequired = schema.required?.includes(key) ?? false;
      const about = [
        sentence(value.description ?? ''),
        `Type: ${typeText(value)}${isRequired ? ', required' : ''}.`,
        defaultText(value),
      ];
      return [
        tagged(bold(`${path}${key}`), about.filter(Boolean).join(' ')),
        ...entries(value.items ?? value, undefined, `${path}${key}.`),
      ];
    });
}

function typeText({ type, enum: choices, items, oneOf, anyOf }: Schema): string {
  if (choices) return choices.join(', ').replace(/, ([^,]*)$/, ' or $1');
  if (type === 'array') return items?.type === undefined ? 'list' : `list of ${TYPES[items.type] ?? items.type}s`;
  if (type !== undefined) return TYPES[type] ?? type;
  return oneOf ? 'group, its kind chosen by kind' : anyOf ? 'text or group' : 'text';
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'group',
  boolean: 'true or false',
  integer: 'whole number',
  array: 'list',
};

function defaultText({ default: value }: Schema): string {
  const isEmpty = value === undefined || (typeof value === 'object' && Object.keys(value ?? {}).length === 0);
  if (isEmpty) return '';
  return `Default: ${typeof value === 'string' ? value : JSON.stringify(value)}.`;
}

function sentence(text: string): string {
  return text === '' ? '' : `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}
