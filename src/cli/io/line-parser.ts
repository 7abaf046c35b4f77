import type { FrameList, Framing } from '../../base/frame-list.ts';
import type { ListenerSettings, Settings } from '../../config/index.ts';
import type { Emit } from '../../frame/contract.ts';
import { createFramer } from '../../frame/index.ts';
import { FRAME_HEADROOM, setFrameFlags, stampZoneOf } from '../../ingest/index.ts';
import { MessageBatch } from '../../model/batch.ts';
import type { LogMessage, Source } from '../../model/message.ts';
import { createParser, type Parser } from '../../parse/index.ts';

/** How bytes become messages. */
export type LineParserOptions = {
  readonly settings: Settings;
  /** The listener whose limits and time zone apply; undefined: the defaults of a TCP listener. */
  readonly listener: ListenerSettings | undefined;
  readonly peer: string;
  /** The time zone of timestamps that have none; undefined: as in the settings. */
  readonly zone: string | undefined;
  readonly framing: Framing;
  /** The time of arrival, ms. */
  readonly now: () => number;
  /** The pipeline: changes and drops rows, and assigns them to streams. */
  readonly pipe: (batch: MessageBatch) => void;
};

/** The longest frame in bytes: the default of a TCP listener. */
const MAX_FRAME = 64 << 10;
const ROWS = 512;
const LISTENER = 'tcp0';

/** Turns bytes into messages with the code of the server. Never fails. */
export interface LineParser {
  push(chunk: Uint8Array): void;
  end(): void;
  /** Returns the messages read since the last call. */
  take(): LogMessage[];
}

export function createLineParser(options: LineParserOptions): LineParser {
  const { name = LISTENER, kind = 'tcp', max_frame: maxFrame = MAX_FRAME } = options.listener ?? {};
  const source: Source = { ip: options.peer, port: 0, transport: kind, listener: name };
  const rows = new FrameReader(parserOf(options), source, options);
  const framer = createFramer({ maxFrame, framing: options.framing });
  const emit: Emit = (frames, parts) => rows.add(frames, Buffer.concat(parts));
  return {
    push: (chunk) => framer.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), emit),
    end: () => framer.end(emit),
    take: () => rows.take(),
  };
}

function parserOf({ settings, zone, listener }: LineParserOptions): Parser {
  const inflates = (): boolean => listener?.inflate ?? true;
  return createParser({ zoneOf: zone === undefined ? stampZoneOf(settings) : () => zone, inflates });
}

/** Parses frames into rows of a batch, and turns these into messages. */
class FrameReader {
  readonly #batch = new MessageBatch(ROWS, 2 * FRAME_HEADROOM);
  readonly #parser: Parser;
  readonly #source: Source;
  readonly #options: Pick<LineParserOptions, 'now' | 'pipe'>;
  #sequence = 0;
  #messages: LogMessage[] = [];

  constructor(parser: Parser, source: Source, options: Pick<LineParserOptions, 'now' | 'pipe'>) {
    this.#parser = parser;
    this.#source = source;
    this.#options = options;
    this.#clear();
  }

  add(frames: FrameList, payload: Buffer): void {
    const receivedAt = this.#options.now();
    let at = 0;
    for (let index = 0; index < frames.count; index++) {
      const start = at + frames.skip[index]!;
      at = start + frames.length[index]!;
      this.#addFrame(payload.subarray(start, at), receivedAt, frames.flags[index]!, frames.original[index]!);
    }
  }

  take(): LogMessage[] {
    this.#drain();
    const messages = this.#messages;
    this.#messages = [];
    return messages;
  }

  #addFrame(frame: Buffer, receivedAt: number, flags: number, original: number): void {
    const batch = this.#batch;
    if (batch.count === batch.capacity || batch.used + frame.length > batch.arena.length - FRAME_HEADROOM)
      this.#drain();
    const row = batch.begin(receivedAt, ++this.#sequence, 0);
    setFrameFlags(batch, row, flags, original);
    const start = batch.put(frame);
    this.#parser.parse(batch, row, start, start + frame.length);
  }

  #drain(): void {
    const batch = this.#batch;
    this.#options.pipe(batch);
    for (let row = 0; row < batch.count; row++) this.#messages.push(batch.message(row));
    this.#clear();
  }

  #clear(): void {
    this.#batch.clear();
    this.#batch.sources.push(this.#source);
  }
}
