import { countOf } from '../base/text.ts';
import { formatBytes } from '../base/units.ts';
import type { Excess, Removal, RemovalCause } from '../store/contract.ts';

const CAUSES: Readonly<Record<RemovalCause, string>> = {
  keep: 'past its keep',
  max_size: 'over the max_size of the stream',
  max_disk: 'over max_disk',
};

/** A log line about what retention deleted. */
export function removalText({ stream, day, messages, bytes, why }: Removal): string {
  return `removed ${day} of stream ${stream} (${countOf(messages, 'message')}, ${formatBytes(bytes)}): ${CAUSES[why]}`;
}

/**
 * A log line about an exceeded limit, with the reason and the remedy. It does not change while
 * these stay the same.
 */
export function excessText({ limit, stream, allowed, heldBytes, goesOn }: Excess): string {
  const whose = stream === undefined ? 'all streams together' : `stream ${stream}`;
  if (goesOn) {
    const how = 'the oldest part is deleted every few seconds until the rest fits';
    return `${whose} take more than twice the ${limit} of ${formatBytes(allowed)}: ${how}; raise ${limit} to keep more`;
  }
  const reason =
    heldBytes > 0
      ? 'holds pin the messages to delete; release a hold (cordwood hold list)'
      : 'the rest is being written, or is the newest part of its stream';
  return `cannot keep ${whose} within ${limit} ${formatBytes(allowed)}: ${reason}, or raise ${limit}`;
}
