import type { Socket } from 'node:net';
import type { CounterName } from '../shared/counters.ts';
import type { TokenBucket } from '../shared/token-buckets.ts';
import type { Answers } from './answers.ts';
import type { ConnectionContext } from './connection-context.ts';
import type { Intake } from './intake.ts';

/** Reading pauses when more than this of one connection is not yet durable, bytes. */
const MAX_UNSAVED_BYTES = 4 << 20;

type PauseReason = Extract<CounterName, `paused.${string}`>;

export type ReadControlParts = {
  readonly socket: Socket;
  readonly intake: Intake;
  readonly answers: Answers | undefined;
  readonly bucket: TokenBucket | undefined;
  readonly context: Pick<ConnectionContext, 'budget' | 'counters'>;
  /** Called just before reading resumes. */
  readonly onResume: () => void;
};

/** Pauses reading from a socket while the spool, the disk, the rate or the answers are behind, and resumes it after. */
export class ReadControl {
  readonly #parts: ReadControlParts;
  #pausedFor: PauseReason | undefined;
  #isStopped = false;

  constructor(parts: ReadControlParts) {
    this.#parts = parts;
  }

  get isPaused(): boolean {
    return this.#pausedFor !== undefined;
  }

  /** Whether reading is paused for a reason on this side, which passes by itself. */
  get isHeldBack(): boolean {
    return this.isPaused && this.#pausedFor !== 'paused.rate';
  }

  /** Pauses or resumes reading, by what is behind now. */
  readonly update = (): void => {
    if (this.#isStopped) return;
    const reason = this.#reasonToPause();
    const { socket, bucket, context } = this.#parts;
    if (reason === 'paused.budget') context.budget.wait(this.update);
    if (reason === 'paused.rate') bucket?.wait(this.update);
    if (!reason === !this.#pausedFor) return;
    this.#pausedFor = reason;
    if (reason) {
      context.counters[reason].add();
      socket.pause();
      return;
    }
    this.#parts.onResume();
    socket.resume();
  };

  /** Leaves the socket alone from now on. */
  stop(): void {
    this.#isStopped = true;
    this.#parts.context.budget.cancel(this.update);
    this.#parts.bucket?.cancel(this.update);
  }

  #reasonToPause(): PauseReason | undefined {
    const { intake, answers, bucket, context } = this.#parts;
    if (intake.blocked) return 'paused.spool_full';
    if (intake.unsavedBytes > MAX_UNSAVED_BYTES) return 'paused.window';
    if (answers?.behind) return 'paused.answers';
    if (context.budget.exceeded) return 'paused.budget';
    return bucket?.isEmpty() ? 'paused.rate' : undefined;
  }
}
