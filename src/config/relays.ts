import { formatBytes } from '../base/units.ts';
import type { ListenerSettings } from './settings.ts';

/** What a forwarded line has besides the message, bytes at most for usual names; `max_frame` is 64 KiB by default. */
export const TRAIL_ROOM = 4 << 10;
const USUAL_FRAME = 64 << 10;

/** What is worth knowing of listeners with relays. */
export function relayNotes(listeners: readonly ListenerSettings[]): string[] {
  return listeners.flatMap((listener) => {
    if (!('relays' in listener) || listener.relays === undefined) return [];
    const { name, max_frame, tls } = listener;
    const notes: string[] = [];
    if (max_frame < USUAL_FRAME + TRAIL_ROOM) {
      const wanted = formatBytes(USUAL_FRAME + TRAIL_ROOM).replace(' ', '');
      notes.push(
        `max_frame is ${formatBytes(max_frame)}, and a relay may forward a message of 64 KiB with its origin, which is longer: ` +
          `it is cut here; set max_frame: ${wanted}, or 4 KiB more than at the relays`,
      );
    }
    if (!tls) notes.push('relays are believed by their address only; with tls, a certificate proves who they are');
    return notes.map((note) => `listener ${name}: ${note}`);
  });
}
