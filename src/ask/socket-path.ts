import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CordwoodError } from '../base/errors.ts';
import { MAX_SOCKET_PATH } from './contract.ts';

/**
 * Where a server of this data folder answers questions: `control.sock` in it, or, where that path is too long for a
 * socket, a name made of it in the runtime directory; `server.pid` tells which.
 */
export function controlSocket(data: string): string {
  const usual = join(data, 'control.sock');
  if (Buffer.byteLength(usual) <= MAX_SOCKET_PATH) return usual;
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? tmpdir();
  const folder = join(runtime, `cordwood-${process.getuid!()}`);
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  // Where everyone may write, somebody else may have been there first.
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== process.getuid!()) {
    const remedy = 'remove it, set XDG_RUNTIME_DIR, or take a data folder with a shorter path';
    throw new CordwoodError(
      'ERR_LISTEN',
      `cannot put the control socket into ${folder}: it belongs to another user; ${remedy}`,
    );
  }
  return join(folder, `${createHash('sha256').update(data).digest('hex').slice(0, 16)}.sock`);
}
