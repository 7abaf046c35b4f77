import { effect, signal, untracked } from '@preact/signals';
import type { Gap, Message, Row } from '../api/answers.ts';
import { addressOf, refusalOf, serverTime } from '../api/client.ts';
import { answered, countAgain, failure, isSearching, lines } from './search.ts';
import { path, view, zone } from './view.ts';

/** How long a hidden tab keeps its stream: browsers open six connections to a host at most. */
const HIDDEN = 60_000;
/** Levels and histogram are counted again so often while lines come, ms. */
const COUNT_AGAIN = 10_000;
/** Lines that a reconnected stream may send a second time. */
const REPEATED = 20_000;
/** A refused stream is tried again after this time, ms. */
const AGAIN = 10_000;
/** Lines that are shown in one frame. */
const AT_ONCE = 1000;

/** What the live view does: nothing, waiting for the server, or showing lines, so many ms behind. */
export const liveState = signal<'off' | 'connecting' | 'paused' | { readonly behind: number }>('off');

/** Keeps a stream of new lines while the address asks for one. */
export function keepLive(): () => void {
  let stream: Stream | undefined;
  const stop = effect(() => {
    const isWanted = view.value.isLive && path.value === '/' && !isSearching.value && answered.value !== undefined;
    const { query } = view.value;
    untracked(() => {
      if (stream && isWanted && stream.query === query) return;
      stream?.[Symbol.dispose]();
      stream = isWanted ? new Stream(query) : undefined;
      current = stream;
    });
  });
  return () => {
    stop();
    stream?.[Symbol.dispose]();
    current = undefined;
  };
}

let current: Stream | undefined;

/** Closes the stream while its lines are not looked at, and keeps the place. */
export function pauseLive(): void {
  current?.pause();
}

/** Goes on where the stream was paused: what came meanwhile is sent first. */
export function resumeLive(): void {
  current?.resume();
}

/** The lines of one query as they arrive: `GET tail`, server-sent events. */
class Stream implements Disposable {
  readonly query: string;
  #source: EventSource | undefined;
  #cursor = '';
  #waiting: Row[] = [];
  #isOver = false;
  #known: ReadonlySet<string> | undefined;
  #frame = 0;
  readonly #counting: ReturnType<typeof setInterval>;
  #hiding: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(query: string) {
    this.query = query;
    this.#open();
    this.#counting = setInterval(() => {
      if (this.#source) countAgain(serverTime());
    }, COUNT_AGAIN);
    document.addEventListener('visibilitychange', this.#onVisibility);
  }

  pause(): void {
    clearTimeout(this.#again);
    if (!this.#source) return;
    this.#close();
    liveState.value = 'paused';
  }

  resume(): void {
    if (!this.#source && !this.#isOver) this.#open();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#close();
    clearInterval(this.#counting);
    clearTimeout(this.#hiding);
    clearTimeout(this.#again);
    cancelAnimationFrame(this.#frame);
    document.removeEventListener('visibilitychange', this.#onVisibility);
    liveState.value = 'off';
  }

  #open(): void {
    liveState.value = 'connecting';
    const begin = this.#cursor ? { cursor: this.#cursor } : { since: newestArrival() };
    const source = new EventSource(addressOf('tail', { query: this.query, zone: zone.value, ...begin }));
    this.#source = source;
    source.onopen = () => {
      const recent = [...lines.rows.slice(-REPEATED), ...this.#waiting];
      this.#known = new Set(recent.flatMap((row) => ('_id' in row ? row._id : [])));
      liveState.value = { behind: 0 };
      failure.value = undefined;
    };
    source.onerror = () => this.#onError(source);
    source.addEventListener('lines', ({ data }: MessageEvent<string>) => this.#take(JSON.parse(data) as Message[]));
    source.addEventListener('gap', ({ data }: MessageEvent<string>) =>
      this.#add([{ _missing: JSON.parse(data) as Gap }]),
    );
    source.addEventListener('cursor', ({ data, lastEventId }: MessageEvent<string>) => {
      this.#cursor = lastEventId;
      this.#known = undefined;
      liveState.value = { behind: Number((JSON.parse(data) as { behindMs?: number }).behindMs ?? 0) };
    });
  }

  #close(): void {
    this.#source?.close();
    this.#source = undefined;
  }

  /** The browser connects again by itself, unless the server refused: too many streams, or a login that has ended. */
  #onError(source: EventSource): void {
    liveState.value = 'connecting';
    if (source.readyState !== EventSource.CLOSED || this.#source !== source) return;
    this.#close();
    void refusalOf(source.url).then((refusal) => {
      if (refusal) failure.value = refusal;
      this.#again = setTimeout(() => this.resume(), AGAIN);
    });
  }

  /** After a break, lines behind the last cursor come again. */
  #take(messages: readonly Message[]): void {
    const known = this.#known;
    this.#add(known ? messages.filter(({ _id }) => !known.has(_id)) : messages);
  }

  #add(rows: readonly Row[]): void {
    for (const row of rows) this.#waiting.push(row);
    if (this.#frame === 0 && this.#waiting.length > 0) this.#frame = requestAnimationFrame(this.#flush);
  }

  readonly #flush = (): void => {
    this.#frame = 0;
    const rows = this.#waiting.splice(0, AT_ONCE);
    lines.addNewer(rows);
    if (this.#waiting.length > 0) this.#frame = requestAnimationFrame(this.#flush);
  };

  readonly #onVisibility = (): void => {
    clearTimeout(this.#hiding);
    if (document.visibilityState === 'visible') this.resume();
    else this.#hiding = setTimeout(() => this.#close(), HIDDEN);
  };
}

/** Where the stream begins: at the newest line that is shown, which is sent again and dropped. */
function newestArrival(): number {
  const last = lines.rows.findLast((row) => '_id' in row);
  return last && '_id' in last ? Date.parse(last.received_at) : (answered.value?.window.until ?? serverTime());
}
