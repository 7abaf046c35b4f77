import { readFileSync } from 'node:fs';
import { reasonOf } from '../../base/errors.ts';
import { usageError } from '../args/exit.ts';
import type { Remote } from '../io/remote.ts';
import type { Context } from './command.ts';

type Asking = Pick<Context, 'args' | 'terminal'>;

/**
 * The server of another machine that a command asks; undefined if it asks here. `--data` and `--config` count more than
 * CORDWOOD_SERVER. @throws CordwoodError ERR_USAGE if it cannot be used
 */
export function remoteOf(asking: Asking): Remote | undefined {
  const { args, terminal } = asking;
  const flag = args.text('server');
  const here = ['data', 'config'].find((name) => args.has(name));
  if (flag !== undefined && here !== undefined)
    throw usageError(`cannot use --server with --${here}: one asks another machine, the other this one; leave out one`);
  const given = flag ?? (here === undefined ? terminal.env['CORDWOOD_SERVER'] : undefined);
  if (given === undefined || (given === '' && flag === undefined)) return undefined;
  const from = flag === undefined ? 'CORDWOOD_SERVER' : '--server';
  const origin = originOf(given, from);
  const ca = args.text('ca');
  return { origin, token: tokenOf(asking, origin), ...(ca !== undefined && { ca: read(ca, '--ca') }) };
}

function originOf(given: string, from: string): string {
  const url = URL.parse(given);
  const example = 'it is an address such as https://logs.example.org or https://logs.example.org:8514';
  if (
    !url ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.pathname !== '/' ||
    url.search ||
    url.hash ||
    url.username
  )
    throw usageError(`cannot read ${from} ${JSON.stringify(given)}: ${example}`);
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    throw usageError(`cannot use ${from} ${given}: the token would travel as plain text; use https://`);
  return url.origin;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function tokenOf({ args, terminal: { env } }: Asking, origin: string): string {
  const flag = args.text('token-file');
  const path = flag ?? env['CORDWOOD_TOKEN_FILE'];
  if (path === undefined || path === '') {
    const remedy = 'there, cordwood token add NAME prints one; put it into a file, and name that with --token-file';
    throw usageError(`cannot ask ${origin}: no token; ${remedy}`);
  }
  const token = read(path, flag === undefined ? 'CORDWOOD_TOKEN_FILE' : '--token-file').trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw usageError(`cannot use the token in ${path}: ${token === '' ? 'the file is empty' : 'it is not one word'}`);
}

function read(path: string, from: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError(`cannot read ${from} ${path}: ${reasonOf(error)}`);
  }
}
