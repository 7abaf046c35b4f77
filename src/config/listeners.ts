import { formatHostPort, type HostPort } from '../base/schema.ts';
import type { Fault } from '../base/validate.ts';

/** What all listeners have, whatever their kind. */
export type AnyListener = AnyNamed & { readonly address: HostPort };
/** What has a kind, and a name of its own or none. */
export type AnyNamed = { readonly kind: string; readonly name?: string | undefined };

/** Where nobody says where to listen. Not the whole network: that is for an operator to decide. */
export const DEFAULT_LISTENERS = [
  { kind: 'udp', address: '127.0.0.1:5514' },
  { kind: 'tcp', address: '127.0.0.1:5514' },
  { kind: 'udp', address: '[::1]:5514' },
  { kind: 'tcp', address: '[::1]:5514' },
] as const;

/**
 * A `--listen` as the file would have it: `tcp://[::]:514?max_frame=128KiB` is
 * `{kind: tcp, address: '[::]:514', max_frame: 128KiB}`; a key within a key is `tls.cert`. Undefined where it
 * has no such form.
 */
export function listenerOfUrl(url: string): Record<string, unknown> | undefined {
  const match = /^([a-z]+):\/\/([^/?#]+)\/?(?:\?(.*))?$/.exec(url);
  if (!match) return undefined;
  const options = new Map<string, unknown>();
  for (const [key, text] of new URLSearchParams(match[3] ?? '')) {
    const [, group = key, inner] = /^([^.]+)\.(.+)$/.exec(key) ?? [];
    const known = options.get(group) as object | undefined;
    options.set(group, inner === undefined ? plain(text) : { ...known, [inner]: plain(text) });
  }
  return { ...Object.fromEntries(options), kind: match[1], address: match[2] };
}

function plain(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

/** Gives each listener (or stage) without a name its kind and the first free number: `tcp0`, `tcp1`, `udp0`. */
export function named<Each extends AnyNamed>(listeners: readonly Each[]): (Each & { name: string })[] {
  const taken = new Set(listeners.map((listener) => listener.name));
  return listeners.map((listener) => {
    if (listener.name !== undefined) return { ...listener, name: listener.name };
    let number = 0;
    while (taken.has(listener.kind + number)) number++;
    taken.add(listener.kind + number);
    return { ...listener, name: listener.kind + number };
  });
}

/** Names that two listeners share, and addresses that two would need to themselves. */
export function conflicts(listeners: readonly AnyListener[]): Fault[] {
  const faults: Fault[] = [];
  const names = new Map<string, number>();
  const addresses = new Map<string, number>();
  for (const [index, listener] of listeners.entries()) {
    const { name } = listener;
    if (name !== undefined) {
      const first = names.get(name);
      const message = `"${name}" is the name of listen[${first}], too; give each its own`;
      if (first !== undefined) faults.push({ path: ['listen', index, 'name'], message });
      else names.set(name, index);
    }
    if (listener.address.port === 0) continue;
    const address = formatHostPort(listener.address);
    const key = `${listener.kind === 'udp' ? 'udp' : 'tcp'} ${canonical(listener.address)}`;
    const first = addresses.get(key);
    const message = `"${address}" is the address of listen[${first}], too; remove one, or give it another port`;
    if (first !== undefined) faults.push({ path: ['listen', index, 'address'], message });
    else addresses.set(key, index);
  }
  return faults;
}

/** One spelling for each address: `[0:0::1]` is `[::1]`. */
function canonical({ host, port }: HostPort): string {
  const text = host.includes(':') && !host.includes('%') ? new URL(`http://[${host}]`).hostname : host.toLowerCase();
  return `${text}:${port}`;
}
