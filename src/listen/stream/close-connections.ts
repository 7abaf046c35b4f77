import type { Counter } from '../../base/counters.ts';
import { untilQuiet, untilSendersStop } from '../shared/quiet.ts';
import type { ConnectionSlot } from './connection-table.ts';

/**
 * Reads what has reached this machine, tells senders that this server goes, and shuts all connections down once they
 * have stopped sending or `signal` is aborted. @param received counts every byte that was read
 */
export async function closeConnections(
  connections: Iterable<ConnectionSlot>,
  received: Counter,
  signal: AbortSignal,
): Promise<void> {
  await untilQuiet(() => received.value, signal);
  for (const connection of connections) connection.endOurSide?.();
  const senders = {
    received: () => received.value,
    isDone: () => !some(connections, 'endOurSide'),
    isHeldBack: () => some(connections, 'isHeldBack'),
  };
  await untilSendersStop(senders, signal);
  for (const connection of connections) connection.shutDown();
}

function some(connections: Iterable<ConnectionSlot>, property: 'endOurSide' | 'isHeldBack'): boolean {
  for (const connection of connections) if (connection[property]) return true;
  return false;
}
