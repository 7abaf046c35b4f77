import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { CordwoodError, reasonOf, systemCode } from '../base/errors.ts';
import type { SecretReference } from '../base/schema.ts';
import type { Environment } from './paths.ts';
import type { Settings } from './settings.ts';

/**
 * Reads a secret from the file or the environment variable that the configuration names, without the line end at the end
 * of a file. No message ever shows it. @throws CordwoodError ERR_CONFIG if it is absent or empty
 */
export function readSecret(reference: SecretReference, env: Environment): string {
  const from = 'file' in reference ? `the file ${reference.file}` : `the environment variable ${reference.env}`;
  const value = 'file' in reference ? readFile(reference.file) : env[reference.env];
  const secret = value?.replace(/\r?\n$/, '');
  if (!secret) {
    const reason =
      value === undefined
        ? 'it is not set; set it for the service, or name a file: {file: /path}'
        : 'it is empty; write the secret into it';
    throw new CordwoodError('ERR_CONFIG', `cannot read the secret in ${from}: ${reason}`);
  }
  return secret;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CordwoodError('ERR_CONFIG', `cannot read the secret in the file ${path}: ${remedy(error)}`, {
      cause: error,
    });
  }
}

function remedy(error: unknown): string {
  switch (systemCode(error)) {
    case 'ENOENT':
      return 'it does not exist; write the secret into it, or correct the path';
    case 'EACCES':
      return `permission denied; let the user ${userInfo().username} read it`;
    case 'EISDIR':
      return 'it is a folder; name the file in it';
    default:
      return reasonOf(error);
  }
}

/** Secrets that alerts need and cannot be read, a sentence each. `serve` starts without them and sends no notices. */
export function missingSecrets({ mail, notifiers }: Settings, env: Environment): string[] {
  return [mail?.password, ...notifiers.map(({ secret }) => secret)].flatMap((reference) => {
    try {
      if (reference) readSecret(reference, env);
      return [];
    } catch (error) {
      return [`no rule will be judged and no notice sent: ${reasonOf(error)}`];
    }
  });
}
