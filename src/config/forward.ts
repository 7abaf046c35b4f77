import { dirname, resolve } from 'node:path';
import type { ForwardSettings } from '../forward/registry.ts';
import type { ConfigFile } from './paths.ts';

/** Makes the paths of a destination's files absolute: relative ones start at the folder of the configuration. */
export function withClientPaths(forward: ForwardSettings, file: ConfigFile | undefined): ForwardSettings {
  if (!('tls' in forward) || forward.tls === undefined || !file) return forward;
  const from = (path: string): string => resolve(dirname(file.path), path);
  const { ca, cert, key } = forward.tls;
  return {
    ...forward,
    tls: {
      ...forward.tls,
      ...(ca && { ca: from(ca) }),
      ...(cert && { cert: from(cert) }),
      ...(key && { key: from(key) }),
    },
  };
}

/** Remarks on destinations that work, but not as one may expect. */
export function forwardNotes(forwards: readonly ForwardSettings[]): string[] {
  return forwards.flatMap((forward) => {
    const { name, kind, format } = forward;
    const notes: string[] = [];
    if (format === 'bsd') {
      notes.push(
        'format bsd has no year, no zone and no structured data, and cuts names: use rfc5424 if the receiver can',
      );
    }
    if (kind === 'udp') notes.push('UDP is not acknowledged: what the receiver or the network drops is lost unseen');
    if (kind === 'tcp' && forward.again === 0)
      notes.push('again: off loses what was on its way whenever a connection breaks');
    return notes.map((note) => `forward ${name}: ${note}`);
  });
}
