import { canonicalAddress, formatHostPort } from '../base/ip.ts';
import type { HostPort } from '../base/schema.ts';
import type { Fault } from '../base/validate.ts';

/** A listener of any kind, as far as this file needs it. */
export type AnyListener = AnyNamed & { readonly address: HostPort };
/** Something with a kind and perhaps a name. */
export type AnyNamed = { readonly kind: string; readonly name?: string | undefined };

/** Default listeners. They accept local senders only: opening them to the network is the operator's decision. */
export const DEFAULT_LISTENERS = [
  { kind: 'udp', address: '127.0.0.1:5514' },
  { kind: 'tcp', address: '127.0.0.1:5514' },
  { kind: 'udp', address: '[::1]:5514' },
  { kind: 'tcp', address: '[::1]:5514' },
] as const;

/**
 * Turns a `--listen` URL into what the file would contain: `tcp://[::]:514?max_frame=128KiB` becomes
 * `{kind: tcp, address: '[::]:514', max_frame: 128KiB}`; a nested key is written `tls.cert`.
 * @returns undefined if the text is not such a URL
 */
export function listenerOfUrl(url: string): Record<string, unknown> | undefined {
  const match = /^([a-z]+):\/\/([^/?#]+)\/?(?:\?(.*))?$/.exec(url);
  if (!match) return undefined;
  const options = new Map<string, unknown>();
  for (const [key, text] of new URLSearchParams(match[3] ?? '')) {
    const [, group = key, inner] = /^([^.]+)\.(.+)$/.exec(key) ?? [];
    const known = options.get(group) as object | undefined;
    options.set(group, inner === undefined ? scalarOf(text) : { ...known, [inner]: scalarOf(text) });
  }
  return { ...Object.fromEntries(options), kind: match[1], address: match[2] };
}

/**
 * The listener that `tcp:514`, `514/udp`, `UDP 5514`, `relp://2514`, `udp://*:514` or `5514` probably means;
 * undefined if no port is named.
 */
export function listenerMeant(text: string): { readonly kind: string; readonly address: string } | undefined {
  const [, before, address = '', after] =
    /^\s*(?:(udp|tcp|relp)(?::\/\/|[:\s]\s*))?(\S*?\d{1,5})(?:[/\s](udp|tcp|relp))?\s*$/i.exec(text) ?? [];
  if (!/^(?:.*:)?\d{1,5}$/.test(address)) return undefined;
  const kind = (before ?? after ?? 'tcp').toLowerCase();
  return { kind, address: address.replace(/^:?(?=\d+$)/, '*:') };
}

function scalarOf(text: string): string | number | boolean {
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

/** Finds names and addresses that two listeners share. */
export function conflicts(listeners: readonly AnyListener[]): Fault[] {
  const faults: Fault[] = [];
  const names = new Map<string, number>();
  const addresses = new Map<string, number>();
  for (const [index, listener] of listeners.entries()) {
    const { name } = listener;
    if (name !== undefined) {
      const first = names.get(name);
      const message = `"${name}" is already the name of listen[${first}]; choose another name`;
      if (first !== undefined) faults.push({ path: ['listen', index, 'name'], message });
      else names.set(name, index);
    }
    if (listener.address.port === 0) continue;
    const address = formatHostPort(listener.address);
    const { host, port } = listener.address;
    const key = `${listener.kind === 'udp' ? 'udp' : 'tcp'} ${canonicalAddress(host).toLowerCase()} ${port}`;
    const first = addresses.get(key);
    const message = `"${address}" is already the address of listen[${first}]; remove one of the two, or choose another port`;
    if (first !== undefined) faults.push({ path: ['listen', index, 'address'], message });
    else addresses.set(key, index);
  }
  return faults;
}
