import { FRAME_FLAG } from '../base/frame-list.ts';
import type { Carry } from './carry.ts';
import { acquireCollector, type Collector } from './collector.ts';
import type { Emit } from './contract.ts';
import { checkedMaxFrame } from './max-frame.ts';

/** Hands over frames, cut at the maximum, and counts what is not as it should be. */
export class FrameOutput {
  oversize = 0;
  counted = 0;
  empty = 0;
  partialDropped = 0;
  misframed = 0;
  protected readonly max: number;

  constructor(maxFrame: number) {
    this.max = checkedMaxFrame(maxFrame);
  }

  /** Adds the frame `[from, to)` of the chunk. */
  protected add(from: number, to: number, flags: number, out: Collector): void {
    const length = to - from;
    if (length === 0) this.empty++;
    else if (length <= this.max) out.add(from, to, flags, 0);
    else {
      this.oversize++;
      out.add(from, from + this.max, flags | FRAME_FLAG.truncated, length);
    }
  }

  /** Adds the frame of `total` bytes whose start was carried over, and which ends in this chunk. */
  protected addCarried(carry: Carry, total: number, flags: number, out: Collector): void {
    const head = carry.take(Math.min(total, this.max));
    if (total === 0) this.empty++;
    else if (total <= this.max) out.addCarried(head, 0, total - head.length, flags, 0);
    else {
      this.oversize++;
      out.addCarried(head, 0, this.max - head.length, flags | FRAME_FLAG.truncated, total);
    }
  }

  /** Hands over a line whose end did not come. */
  protected handOverPartial(carry: Carry, emit: Emit): void {
    const { seen } = carry;
    const cut = seen > this.max;
    if (cut) this.oversize++;
    const flags = FRAME_FLAG.partial | (cut ? FRAME_FLAG.truncated : 0);
    const out = acquireCollector(NOTHING, emit);
    try {
      out.addCarried(carry.take(this.max), 0, 0, flags, cut ? seen : 0);
      out.flush();
    } finally {
      out.release();
    }
  }
}

const NOTHING = Buffer.alloc(0);
