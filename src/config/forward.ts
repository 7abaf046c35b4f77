import { dirname, resolve } from 'node:path';
import type { ForwardSettings } from '../forward/registry.ts';
import { MAX_LINE_BYTES } from '../forward/settings.ts';
import { formatBytes } from '../base/units.ts';
import type { ConfigFile } from './paths.ts';
import { TRAIL_ROOM } from './relays.ts';
import type { ListenerSettings } from './settings.ts';

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
export function forwardNotes(forwards: readonly ForwardSettings[], listeners: readonly ListenerSettings[]): string[] {
  // What a relay sends has room for its origin already.
  const sizes = listeners.map((one) => one.max_frame - ('relays' in one && one.relays ? TRAIL_ROOM : 0));
  const longest = Math.max(0, ...sizes);
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
    return [...notes, ...sizeNotes(forward, longest)].map((note) => `forward ${name}: ${note}`);
  });
}

/** @param longest the longest message that a listener takes, bytes */
function sizeNotes({ kind, format, trail, max_size }: ForwardSettings, longest: number): string[] {
  const room = format === 'rfc5424' && trail === 'full' ? TRAIL_ROOM : 0;
  const wanted = Math.min(MAX_LINE_BYTES, longest + room);
  // A datagram is smaller than what listeners take in any case.
  if (kind === 'udp' || max_size >= wanted) return [];
  const [own, theirs] = [formatBytes(max_size), formatBytes(longest)];
  return [
    `max_size is ${own}, and a listener takes messages of ${theirs}: long ones are cut; set max_size, and max_frame at ` +
      `the receiver, to ${Math.ceil(wanted / 1024)}KiB`,
  ];
}
