import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CordwoodError, reasonOf, systemCode } from '../../base/errors.ts';
import { type CertificateRequest, certify, type Identity, keyText } from './certificate.ts';

const DAY = 86_400_000;
/** A CA outlives what it signs; making a new one means to visit every agent. */
const CA_YEARS = 10;
/** Clocks of agents may be somewhat behind. */
const BACKDATED = DAY;

export type Wanted = {
  readonly folder: string;
  readonly caName: string;
  /** Names and addresses that agents know the server by; the first is its common name. */
  readonly names: readonly string[];
  readonly clients: readonly string[];
  /** How long server and clients are good for. */
  readonly days: number;
};

/** What became of a certificate: `made`, or `kept` because it was there. */
export type Outcome = { readonly file: string; readonly what: 'made' | 'kept'; readonly expires: Date };

/**
 * Makes what is missing in the folder: a CA (`ca.pem`, `ca.key`), the server's certificate (`server.pem`, `server.key`)
 * and one for each client. Overwrites nothing. @throws CordwoodError ERR_USAGE where a file is in the way
 */
export function makeFiles(wanted: Wanted): Outcome[] {
  makeFolder(wanted.folder);
  const from = new Date(Date.now() - BACKDATED);
  const caEnds = new Date(from);
  caEnds.setUTCFullYear(caEnds.getUTCFullYear() + CA_YEARS);
  const to = new Date(Math.min(Date.now() + wanted.days * DAY, caEnds.getTime()));
  const outcomes = [makeOne(wanted.folder, 'ca', { name: wanted.caName, use: 'ca', from, to: caEnds })];
  const make = (file: string, request: Omit<CertificateRequest, 'from' | 'to'>): void => {
    const issuer = () => readCa(wanted.folder);
    outcomes.push(makeOne(wanted.folder, file, { ...request, from, to }, issuer));
  };
  make('server', { name: wanted.names[0]!, alternatives: wanted.names, use: 'server' });
  for (const client of wanted.clients) make(client, { name: client, alternatives: [client], use: 'client' });
  return outcomes;
}

/** Names of the server's certificate that is there; undefined where there is none. */
export function serverNames(folder: string): readonly string[] | undefined {
  const file = join(folder, 'server.pem');
  if (!existsSync(file)) return undefined;
  const names = new X509Certificate(readFileSync(file)).subjectAltName ?? '';
  return [...names.matchAll(/(?:DNS|IP Address):([^,]+)/g)].map(([, name]) => name!);
}

function makeOne(folder: string, file: string, request: CertificateRequest, issuer?: () => Identity): Outcome {
  const [cert, key] = [join(folder, `${file}.pem`), join(folder, `${file}.key`)];
  const there = [cert, key].filter((path) => existsSync(path));
  if (there.length === 2)
    return { file: cert, what: 'kept', expires: new X509Certificate(readFileSync(cert)).validToDate };
  if (there.length === 1) {
    const missing = there[0] === cert ? key : cert;
    const reason = `${there[0]} is there and ${missing} is not; bring it back, or move the other one away`;
    throw new CordwoodError('ERR_USAGE', `cannot make ${missing}: ${reason}`);
  }
  const made = certify(request, issuer?.());
  write(key, keyText(made.key), 0o600);
  write(cert, made.certificate, 0o644);
  return { file: cert, what: 'made', expires: request.to };
}

function readCa(folder: string): Identity {
  const [cert, key] = [join(folder, 'ca.pem'), join(folder, 'ca.key')];
  const certificate = readOwn(cert);
  const { subject } = new X509Certificate(certificate).toLegacyObject();
  const identity = { name: String(subject.CN), key: createPrivateKey(readOwn(key)), certificate };
  if (identity.key.asymmetricKeyType === 'ec' && Object.keys(subject).join() === 'CN') return identity;
  const reason = 'it was not made here; sign with the tool that made it, or name another --dir';
  throw new CordwoodError('ERR_USAGE', `cannot sign with the CA ${cert}: ${reason}`);
}

function readOwn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = systemCode(error) === 'EACCES' ? 'permission denied; use sudo' : reasonOf(error);
    throw new CordwoodError('ERR_USAGE', `cannot read ${file}: ${reason}`, { cause: error });
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
  } catch (error) {
    const remedy = systemCode(error) === 'EACCES' ? 'permission denied; use sudo, or another --dir' : reasonOf(error);
    throw new CordwoodError('ERR_USAGE', `cannot make the folder ${folder}: ${remedy}`, { cause: error });
  }
}

function write(file: string, text: string, mode: number): void {
  try {
    writeFileSync(file, text, { flag: 'wx', mode });
    // Whatever the umask is: a certificate is for everybody, a key for one.
    chmodSync(file, mode);
  } catch (error) {
    const remedy = systemCode(error) === 'EACCES' ? 'permission denied; use sudo, or another --dir' : reasonOf(error);
    throw new CordwoodError('ERR_USAGE', `cannot write ${file}: ${remedy}`, { cause: error });
  }
}
