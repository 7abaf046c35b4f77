import { formatHostPort } from '../base/ip.ts';
import { cidr, type HostPort, hostPort, z } from '../base/schema.ts';
import type { Fault } from '../base/validate.ts';
import { tlsSchema } from '../tls/settings.ts';

/** The address of the web page if no configuration is read. */
export const DEFAULT_WEB_ADDRESS = '127.0.0.1:8514';

/** What a caller may do; each role may do what those before it may, except that `metrics` reads no messages. */
export const ROLES = ['metrics', 'read', 'operate', 'admin'] as const;
export type Role = (typeof ROLES)[number];

const header = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/, { error: 'is not the name of a header: it has letters, digits and -' });

const proxiesSchema = z
  .strictObject({
    from: z
      .array(cidr())
      .min(1)
      .meta({ description: 'addresses of the proxies; from others, these headers are refused' }),
    user: header.default('Remote-User').meta({ description: 'the header with the name of the user' }),
    groups: header.default('Remote-Groups').meta({ description: 'the header with the groups of the user, by commas' }),
    roles: z
      .record(z.string().min(1).max(200), z.enum(ROLES))
      .default({})
      .meta({ description: "the role of each group; '*' is the role of users in none of them" }),
  })
  .meta({ description: 'proxies that check who asks, and say so in headers' });

const host = z
  .string()
  .regex(/^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?$/, { error: 'is not a host name, e.g. logs.example.org' })
  .transform((name) => name.toLowerCase());

const url = z.string().regex(/^https?:\/\/[^/?#@\s]+\/$/, {
  error: 'is not an address such as https://logs.example.org/ (the page has no other path than /)',
});

const file = (description: string) => z.string().min(1).meta({ description });

/** `web:` of the configuration. */
export const webSchema = z
  .strictObject({
    address: hostPort()
      .prefault(DEFAULT_WEB_ADDRESS)
      .meta({ description: 'address and port of the web page, the REST API and /metrics' }),
    tls: tlsSchema
      .optional()
      .meta({ description: 'TLS 1.2 or newer; without it, only for loopback and behind proxies' }),
    users: file('the file of users and tokens; relative to this file').default('users.yaml'),
    proxies: proxiesSchema.optional(),
    hosts: z.array(host).default([]).meta({ description: 'names of this server, beside those of its certificate' }),
    url: url.optional().meta({ description: 'the address that people open, for links in mails' }),
    metrics: z
      .strictObject({ from: z.array(cidr()).min(1) })
      .optional()
      .meta({ description: 'addresses that may read /metrics without a token' }),
  })
  .superRefine((web, context) => {
    for (const { path, message } of plainFaults(web)) {
      context.addIssue({ code: 'custom', message, path: [...path], input: formatHostPort(web.address) });
    }
  });
/** The settings of the web page; paths are absolute once the configuration is loaded. */
export type WebSettings = z.output<typeof webSchema>;

/** Whether only this machine can reach the address. */
function isLoopback({ host: name }: HostPort): boolean {
  return name === 'localhost' || name === '::1' || /^127\./.test(name);
}

/** The fault of an address that other machines reach and that is neither secured nor behind a proxy. */
export function plainFaults({ address, tls, proxies }: Pick<WebSettings, 'address' | 'tls' | 'proxies'>): Fault[] {
  if (tls || proxies || isLoopback(address)) return [];
  const message = [
    `${formatHostPort(address)} can be reached from other machines, and passwords would travel as plain text; add one of`,
    '    tls: {cert: tls/server.pem, key: tls/server.key}',
    "    proxies: {from: [127.0.0.1/32], roles: {'*': read}}   # a proxy that speaks TLS and checks who asks",
  ].join('\n');
  return [{ path: ['address'], message }];
}
