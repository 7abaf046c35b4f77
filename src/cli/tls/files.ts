import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CordwoodError, reasonOf, systemCode } from '../../base/errors.ts';
import { createFolder } from '../../base/files.ts';
import { DAY } from '../../base/units.ts';
import { type CertificateRequest, certify, type Identity, keyText } from './certificate.ts';

/** A CA outlives what it signs, because a new CA has to be installed on every agent. */
const CA_YEARS = 10;
/** Certificates are valid from a day ago, because clocks of agents may be behind, ms. */
const BACKDATED = DAY;

export type Wanted = {
  readonly folder: string;
  readonly caName: string;
  /** Names and addresses by which agents reach the server; the first is the common name. */
  readonly names: readonly string[];
  readonly clients: readonly string[];
  /** Days that the certificates of the server and the clients are valid. */
  readonly days: number;
};

/** Whether a certificate was `created`, or `kept` because it existed. */
export type Outcome = { readonly file: string; readonly what: 'created' | 'kept'; readonly expires: Date };

/**
 * Creates what is missing in the folder: a CA (`ca.pem`, `ca.key`), the certificate of the server (`server.pem`,
 * `server.key`) and one for each client. Never overwrites a file.
 * @throws CordwoodError ERR_USAGE if only one file of a pair exists, or a file cannot be read or written
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

function makeOne(folder: string, file: string, request: CertificateRequest, issuer?: () => Identity): Outcome {
  const [cert, key] = [join(folder, `${file}.pem`), join(folder, `${file}.key`)];
  const existing = [cert, key].filter((path) => existsSync(path));
  if (existing.length === 2)
    return { file: cert, what: 'kept', expires: new X509Certificate(readFileSync(cert)).validToDate };
  if (existing.length === 1) {
    const missing = existing[0] === cert ? key : cert;
    const reason = `${existing[0]} exists without it; restore ${missing}, or move ${existing[0]} away`;
    throw new CordwoodError('ERR_USAGE', `cannot create ${missing}: ${reason}`);
  }
  const created = certify(request, issuer?.());
  write(key, keyText(created.key), 0o600);
  write(cert, created.certificate, 0o644);
  return { file: cert, what: 'created', expires: request.to };
}

function readCa(folder: string): Identity {
  const [cert, key] = [join(folder, 'ca.pem'), join(folder, 'ca.key')];
  const certificate = readOwn(cert);
  const { subject } = new X509Certificate(certificate).toLegacyObject();
  const identity = { name: String(subject.CN), key: createPrivateKey(readOwn(key)), certificate };
  if (identity.key.asymmetricKeyType === 'ec' && Object.keys(subject).join() === 'CN') return identity;
  const reason = 'it was not created by cordwood; sign with the tool that created it, or use another --dir';
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
    createFolder(folder, 0o755);
  } catch (error) {
    const remedy = systemCode(error) === 'EACCES' ? 'permission denied; use sudo, or another --dir' : undefined;
    const reason = remedy ?? `${reasonOf(error)}; use another --dir`;
    throw new CordwoodError('ERR_USAGE', `cannot create the folder ${folder}: ${reason}`, { cause: error });
  }
}

function write(file: string, text: string, mode: number): void {
  try {
    writeFileSync(file, text, { flag: 'wx', mode });
    // Independent of the umask: everyone may read a certificate, only the owner a key.
    chmodSync(file, mode);
  } catch (error) {
    const reason = systemCode(error) === 'EACCES' ? 'permission denied; use sudo, or another --dir' : reasonOf(error);
    throw new CordwoodError('ERR_USAGE', `cannot write ${file}: ${reason}`, { cause: error });
  }
}
