import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificateRequest, certify, type Identity, keyText } from '../../src/cli/tls/certificate.ts';

const DAY = 86_400_000;

/** Certificates for tests, valid ones and invalid ones, each in its own file. */
export class Certificates {
  readonly folder: string;
  readonly ca: Identity;

  constructor(folder: string, name = 'test CA') {
    mkdirSync(folder, { recursive: true });
    this.folder = folder;
    this.ca = certify({ name, use: 'ca', ...days(-1, 30) });
    writeFileSync(join(folder, 'ca.pem'), this.ca.certificate);
  }

  /** Makes one and writes `file`.pem and `file`.key. @returns the settings `cert` and `key`, with their text */
  make(
    file: string,
    request: Partial<CertificateRequest> & { name: string },
    issuer: Identity | 'itself' = this.ca,
  ): Made {
    const identity = certify({ use: 'client', ...days(-1, 10), ...request }, issuer === 'itself' ? undefined : issuer);
    return this.write(file, identity.certificate, keyText(identity.key));
  }

  write(file: string, certText: string, keyPem: string): Made {
    const path = join(this.folder, file.replace(/[^\w.-]/g, '_'));
    const [cert, key] = [`${path}.pem`, `${path}.key`];
    writeFileSync(cert, certText);
    writeFileSync(key, keyPem);
    return { cert, key, certText, keyPem };
  }

  /** A client of this name, as `tls.connect` takes it. */
  identity(name: string): { cert: string; key: string } {
    const { certText, keyPem } = this.make(name, { name });
    return { cert: certText, key: keyPem };
  }

  get caFile(): string {
    return join(this.folder, 'ca.pem');
  }
}

export type Made = { readonly cert: string; readonly key: string; readonly certText: string; readonly keyPem: string };

/** A span from so many days from now to so many. */
export function days(from: number, to: number): { from: Date; to: Date } {
  return { from: new Date(Date.now() + from * DAY), to: new Date(Date.now() + to * DAY) };
}
