import { formatFull } from '../../query/index.ts';
import type { Notice } from '../notices/notice.ts';

/** Characters of an address: servers and proxies refuse lines of a request beyond 8 KiB. */
const MAX_ADDRESS = 6000;

/** A place on the web page, and what it shows. */
export type Link = { readonly what: string; readonly address: string };

/**
 * Where the web page shows what a notice is about; nothing if the page has no address.
 * @param page `web.url`, with a slash at its end
 */
export function linksOf(notice: Notice, page: string | undefined): readonly Link[] {
  if (page === undefined) return [];
  const alerts: Link = { what: 'See what is firing', address: `${page}alerts` };
  const { summary, digest, silent, away, query, search, window } = notice;
  if (summary) return [alerts];
  if (silent) return [{ what: 'See which hosts are silent', address: `${page}hosts` }];
  if (away) return [{ what: 'See all hosts', address: `${page}hosts` }];
  if (digest)
    return [alerts, { what: 'See the account of this time', address: addressOf(`${page}account`, digest, notice) }];
  const what = 'See all matching messages';
  const places = [...(search === undefined ? [] : [search]), query].map((q) => addressOf(page, { q, window }, notice));
  const address = places.find(({ length }) => length <= MAX_ADDRESS);
  return [address === undefined ? alerts : { what, address }];
}

type Place = { readonly q?: string; readonly window: Notice['window'] };

/** The page reads the same parameters, in this order, as `page/state/address.ts` writes them. */
function addressOf(path: string, { q = '', window }: Place, { timezone, samples }: Notice): string {
  const time = (ms: number): string => formatFull(ms, timezone).replace(' ', 'T').replace(' ', '');
  const parameters = {
    ...(q !== '' && { q }),
    from: time(window.from),
    to: time(window.to),
    ...(timezone !== undefined && { tz: timezone }),
    ...(samples[0] && { sel: samples[0]._id }),
  };
  return `${path}?${new URLSearchParams(parameters)}`;
}
