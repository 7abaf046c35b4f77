/** What is seen on the search screen, and therefore in the address: who opens the address sees the same. */
export type View = {
  /** The query as typed. */
  readonly query: string;
  /** Beginning and end of the window as typed: `-1h`, `yesterday`, `2026-11-22 14:00`, RFC 3339; `all`, or empty for now. */
  readonly from: string;
  readonly to: string;
  /** The time zone of everything shown; empty for the browser's. */
  readonly zone: string;
  readonly columns: readonly string[];
  readonly wraps: boolean;
  /** Which lines come first. */
  readonly order: 'oldest' | 'newest';
  readonly isLive: boolean;
  /** The id of the message in the details; empty if they are closed. */
  readonly selected: string;
  /** The id of the message whose surroundings are open in the details; empty if they are not. */
  readonly around: string;
  /** Parameters of the address that this version does not know; they are kept. */
  readonly unknown: readonly (readonly [name: string, value: string])[];
};

export const DEFAULT_COLUMNS: readonly string[] = ['time', 'level', 'hostname', 'appname', 'message'];

export const DEFAULT_VIEW: View = {
  query: '',
  from: '-1h',
  to: '',
  zone: '',
  columns: DEFAULT_COLUMNS,
  wraps: false,
  order: 'oldest',
  isLive: false,
  selected: '',
  around: '',
  unknown: [],
};

const KNOWN = new Set(['q', 'from', 'to', 'tz', 'cols', 'wrap', 'order', 'live', 'sel', 'around']);

/** Reads the part of an address behind the `?`. What it does not say is as in `DEFAULT_VIEW`. */
export function readAddress(search: string): View {
  const params = new URLSearchParams(search);
  const columns = params.get('cols')?.split(',').map(decodeColumn).filter(Boolean) ?? [];
  return {
    query: params.get('q') ?? '',
    from: params.get('from') ?? DEFAULT_VIEW.from,
    to: params.get('to') ?? '',
    zone: params.get('tz') ?? '',
    columns: columns.length > 0 ? columns : DEFAULT_COLUMNS,
    wraps: params.get('wrap') === '1',
    order: params.get('order') === 'newest' ? 'newest' : 'oldest',
    isLive: params.get('live') === '1',
    selected: params.get('sel') ?? '',
    around: params.get('around') ?? '',
    unknown: [...params].filter(([name]) => !KNOWN.has(name)),
  };
}

/** The part of an address behind the `?`, without what is as in `DEFAULT_VIEW`. */
export function writeAddress(view: View): string {
  const params = new URLSearchParams();
  const set = (name: string, value: string, usual: string) => {
    if (value !== usual) params.set(name, value);
  };
  set('q', view.query, '');
  set('from', view.from, DEFAULT_VIEW.from);
  set('to', view.to, '');
  set('tz', view.zone, '');
  set('cols', view.columns.map(encodeColumn).join(','), DEFAULT_COLUMNS.join(','));
  set('wrap', view.wraps ? '1' : '', '');
  set('order', view.order, 'oldest');
  set('live', view.isLive ? '1' : '', '');
  set('sel', view.selected, '');
  set('around', view.around, '');
  for (const [name, value] of view.unknown) params.append(name, value);
  return params.toString();
}

/** A column may be a field with any name: `fields.a,b`. */
function encodeColumn(name: string): string {
  return name.replace(/[%,]/g, (character) => encodeURIComponent(character).replace(',', '%2C'));
}

function decodeColumn(name: string): string {
  return name.replace(/%2C/gi, ',').replace(/%25/g, '%');
}

/** The address of a search; what is not given is as in `DEFAULT_VIEW`. */
export function searchAddress(given: Partial<View>): string {
  const text = writeAddress({ ...DEFAULT_VIEW, ...given });
  return text === '' ? '/' : `/?${text}`;
}
