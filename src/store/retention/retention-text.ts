import { formatBytes } from '../../base/units.ts';
import type { Excess, Removal, RemovalCause } from '../contract.ts';

const CAUSES: Readonly<Record<RemovalCause, string>> = {
  keep: 'past its keep',
  max_size: "the stream's max_size was exceeded",
  max_disk: 'max_disk was exceeded',
};

/** What retention took, for the log. */
export function removalText({ stream, day, messages, bytes, why }: Removal): string {
  const count = `${messages.toLocaleString('en')} ${messages === 1 ? 'message' : 'messages'}`;
  return `removed ${day} of stream ${stream} (${count}, ${formatBytes(bytes)}): ${CAUSES[why]}`;
}

/** A limit that cannot be kept, why not, and what to do; the same text as long as nothing of it changes. */
export function excessText({ limit, stream, allowed, heldBytes }: Excess): string {
  const whose = stream === undefined ? 'all streams together' : `stream ${stream}`;
  const reason =
    heldBytes > 0
      ? 'holds pin what would have to go; release one (cordwood hold list)'
      : 'what is left is being written, or is the newest of its stream';
  return `cannot keep ${whose} within ${limit} ${formatBytes(allowed)}: ${reason}, or raise ${limit}`;
}
