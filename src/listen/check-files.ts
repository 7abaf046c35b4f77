import { reasonOf } from '../base/errors.ts';
import type { TlsSettings } from '../tls/settings.ts';

/** A problem with the files that a listener's settings name; `fatal` if no sender could connect. */
type FileReport = { readonly listener: string; readonly fatal: boolean; readonly text: string };

/** Reads the certificate files of all listeners as opening them would, and returns the problems. */
export async function checkFiles(
  listeners: readonly { readonly name: string; readonly tls?: TlsSettings | undefined }[],
): Promise<FileReport[]> {
  const secure = listeners.filter(({ tls }) => tls !== undefined);
  if (secure.length === 0) return [];
  const { expiryWarning, readCredentials } = await import('../tls/index.ts');
  return secure.flatMap(({ name: listener, tls }) => {
    try {
      const warning = expiryWarning(readCredentials(tls!), Date.now());
      return warning ? [{ listener, fatal: warning.unusable, text: warning.text }] : [];
    } catch (error) {
      return [{ listener, fatal: true, text: reasonOf(error) }];
    }
  });
}
