import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes of a socket's path that the system takes, without the NUL (unix(7)). */
const MAX_PATH = 107;

/**
 * Where a server of this data folder answers questions: `control.sock` in it, or, where that path is too long for a
 * socket, a name made of it in the runtime directory; `server.pid` tells which.
 */
export function controlSocket(data: string): string {
  const usual = join(data, 'control.sock');
  if (Buffer.byteLength(usual) <= MAX_PATH) return usual;
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? tmpdir();
  const folder = join(runtime, `cordwood-${process.getuid?.() ?? 0}`);
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  return join(folder, `${createHash('sha256').update(data).digest('hex').slice(0, 16)}.sock`);
}
