import type { IncomingMessage } from 'node:http';

/**
 * Whether a header was sent more than once. Node keeps the first or joins them all, and a proxy in front may read another
 * one: what decides who asks must be there once.
 * @param name lower case
 */
export function isRepeated({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>, name: string): boolean {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length > 1;
}
