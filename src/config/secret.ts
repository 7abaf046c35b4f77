import { readFileSync } from 'node:fs';
import { CordwoodError, reasonOf } from '../base/errors.ts';
import type { SecretReference } from '../base/schema.ts';
import type { Environment } from './paths.ts';
import type { Settings } from './settings.ts';

/**
 * Fetches a secret from where the configuration says it lies; a file's line end at its end is not part of it.
 * No message ever shows it. @throws CordwoodError ERR_CONFIG where it is absent or empty
 */
export function readSecret(reference: SecretReference, env: Environment): string {
  const from = 'file' in reference ? `the file ${reference.file}` : `the environment variable ${reference.env}`;
  const value = 'file' in reference ? readFile(reference.file) : env[reference.env];
  const secret = value?.replace(/\r?\n$/, '');
  if (!secret) {
    const reason = value === undefined ? 'it is not set' : 'it is empty';
    throw new CordwoodError('ERR_CONFIG', `cannot read the secret in ${from}: ${reason}`);
  }
  return secret;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CordwoodError('ERR_CONFIG', `cannot read the secret in the file ${path}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** What alerts need and cannot have, a sentence each: `serve` starts all the same, and tells nobody anything. */
export function missingSecrets({ mail, notifiers }: Settings, env: Environment): string[] {
  return [mail?.password, ...notifiers.map(({ secret }) => secret)].flatMap((reference) => {
    try {
      if (reference) readSecret(reference, env);
      return [];
    } catch (error) {
      return [`as things are, no rule would be judged and nobody told: ${reasonOf(error)}`];
    }
  });
}
