import { CordwoodError } from '../../base/errors.ts';
import { fault } from '../../base/fault.ts';
import { type Cursor, formatCursor, parseCursor } from '../../model/cursor.ts';
import type { StoreState } from '../../store/contract.ts';
import type { Aside, ForwardState, ForwardStatus } from '../contract.ts';

/** Another process has written the position of a destination: it forwards now. */
export class PositionTaken extends CordwoodError {
  constructor(key: string) {
    super('ERR_STORE', `cannot save how far ${key} is: another process has saved it`);
  }
}

/** How far a destination is, as the store keeps it: each save is a compare-and-set. */
export class Position {
  readonly #state: StoreState;
  readonly #key: string;
  #revision = 0;
  #cursor: Cursor = new Map();
  #saved = '';
  readonly sent = new Map<number, number>();
  lost = 0;
  cut = 0;
  dead = 0;
  /** By stream, the arrival (ms) before which messages are not sent any more. */
  readonly passed = new Map<string, number>();
  aside: readonly Aside[] = [];

  private constructor(state: StoreState, key: string) {
    this.#state = state;
    this.#key = key;
  }

  /** Reads the position. @param begin where a new name begins */
  static async load(state: StoreState, key: string, begin: () => Promise<Cursor>): Promise<Position> {
    const position = new Position(state, key);
    const entry = await state.get(key);
    const known = entry?.value as ForwardState | undefined;
    position.#revision = entry?.revision ?? 0;
    if (!known) {
      position.#cursor = await begin();
      return position;
    }
    position.#cursor = known.cursor === '' ? new Map() : parseCursor(known.cursor);
    for (const [node, sent] of Object.entries(known.sent)) position.sent.set(Number(node), sent);
    for (const [stream, at] of Object.entries(known.passed ?? {})) position.passed.set(stream, at);
    position.lost = known.lost;
    position.cut = known.cut;
    position.dead = known.dead;
    position.aside = known.aside ?? [];
    return position;
  }

  /** Everything up to here is done. */
  get cursor(): Cursor {
    return this.#cursor;
  }

  moveTo(cursor: Cursor): void {
    this.#cursor = cursor;
  }

  countSent(node: number, messages: number): void {
    this.sent.set(node, (this.sent.get(node) ?? 0) + messages);
  }

  get total(): number {
    return this.sent.values().reduce((sum, one) => sum + one, 0);
  }

  /** Saves the position, if it or the status changed. @throws PositionTaken; what the store fails with */
  async save(status: ForwardStatus): Promise<void> {
    const value = {
      cursor: formatCursor(this.#cursor),
      sent: Object.fromEntries(this.sent),
      lost: this.lost,
      cut: this.cut,
      dead: this.dead,
      ...(this.passed.size > 0 && { passed: Object.fromEntries(this.passed) }),
      ...(this.aside.length > 0 && { aside: this.aside }),
      status,
    } satisfies ForwardState;
    const { at: _, ...shown } = status;
    const text = JSON.stringify({ ...value, status: shown });
    if (text === this.#saved) return;
    fault('cursor');
    if (!(await this.#state.put(this.#key, value, this.#revision))) throw new PositionTaken(this.#key);
    this.#revision = (await this.#state.get(this.#key))?.revision ?? 0;
    this.#saved = text;
  }
}
