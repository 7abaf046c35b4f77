import { lstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CordwoodError } from '../base/errors.ts';
import { createFolder } from '../base/files.ts';

/** Bytes that the path of a unix socket may have on Linux, without the NUL: sun_path in unix(7). */
export const MAX_SOCKET_PATH = 107;
/** The name of the socket in the data folder. */
export const CONTROL_SOCKET = 'control.sock';

/**
 * The path of the socket on which a server of this data folder answers questions. It lies in the data folder. If that
 * path is too long for a socket, it lies in the runtime directory instead, named by a hash; `server.pid` records it.
 * @throws CordwoodError ERR_LISTEN if another user owns the folder in the runtime directory
 */
export function controlSocket(data: string): string {
  const usual = join(data, CONTROL_SOCKET);
  if (Buffer.byteLength(usual) <= MAX_SOCKET_PATH) return usual;
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? tmpdir();
  const folder = join(runtime, `cordwood-${process.getuid!()}`);
  createFolder(folder, 0o750);
  // /tmp is writable by everyone, so another user may have made this folder, or a link of its name.
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== process.getuid!()) {
    const remedy = 'remove it, set XDG_RUNTIME_DIR, or use a data folder with a shorter path';
    throw new CordwoodError(
      'ERR_LISTEN',
      `cannot create the control socket in ${folder}: it belongs to another user; ${remedy}`,
    );
  }
  // Not imported: commands load this file for the constants, and do not need node:crypto.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return join(folder, `${createHash('sha256').update(data).digest('hex').slice(0, 16)}.sock`);
}
