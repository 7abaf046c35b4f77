import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Origins, take } from '../../../src/pipeline/relay/origins.ts';
import fc from '../../support/fc.ts';

const RUNS = { numRuns: Math.min(Number(process.env['CORDWOOD_FUZZ'] ?? 3000), 200_000) };

/** A message of the edge; `uid` tells messages with equal sequences apart. */
type Message = { readonly at: number; readonly sequence: number; readonly uid: number };
type Disk = { messages: Message[]; next: number; cursor: number };
/** Messages on their way; the edge hears of those that were read while the connection is open. */
type Connection = { unread: Message[]; isOpen: boolean; sentUpTo: number; unacked: number[] };

/**
 * A forwarding server whose disk can be set back, and connections whose other end may be read late. It sends in
 * ascending order, and moves its cursor (an index into its messages) past what was acknowledged.
 */
class Edge {
  disk: Disk = { messages: [], next: 1, cursor: 0 };
  snapshots: Disk[] = [];
  connection: Connection | undefined;
  #acked = 0;
  #uid = 0;
  #clock = 1000;

  receive(count: number): void {
    for (let left = count; left > 0; left--) {
      // Several messages arrive in a millisecond.
      this.#clock += this.#uid % 3 === 0 ? 1 : 0;
      this.disk.messages.push({ at: this.#clock, sequence: this.disk.next++, uid: this.#uid++ });
    }
  }

  connect(): Connection {
    if (this.connection) this.connection.isOpen = false;
    this.#acked = this.disk.cursor;
    this.connection = { unread: [], isOpen: true, sentUpTo: this.disk.cursor, unacked: [] };
    return this.connection;
  }

  send(count: number): void {
    const { connection, disk } = this;
    if (!connection) return;
    const some = disk.messages.slice(connection.sentUpTo, connection.sentUpTo + count);
    connection.unread.push(...some);
    connection.sentUpTo += some.length;
  }

  /** The oldest `count` messages of the connection are in the spool of the receiver. */
  acknowledge(connection: Connection, count: number): void {
    if (connection === this.connection) this.#acked = Math.min(this.#acked + count, connection.sentUpTo);
  }

  saveCursor(): void {
    this.disk.cursor = this.#acked;
  }

  /** `kill -9`, and a start: sequences may be left out. */
  kill(skipped: number): void {
    this.#disconnect();
    this.#acked = this.disk.cursor;
    this.disk.next += skipped;
  }

  snapshot(): void {
    this.snapshots.push(structuredClone(this.disk));
  }

  /** Goes back to a snapshot; it and the earlier ones remain. The clock goes on. */
  setBack(which: number): void {
    this.snapshots.length = Math.min(this.snapshots.length, which + 1);
    const snapshot = this.snapshots[which];
    if (!snapshot) return;
    this.#disconnect();
    this.disk = structuredClone(snapshot);
    this.#acked = this.disk.cursor;
    this.#clock += 10;
  }

  #disconnect(): void {
    if (this.connection) this.connection.isOpen = false;
    this.connection = undefined;
  }
}

/** A receiver: its spool survives `kill -9`, its memory is that of *safe*. */
class Central {
  readonly spool: Message[] = [];
  readonly stored: number[] = [];
  #origins = new Origins();
  #done = 0;
  #safe = { done: 0, memory: '[]', stored: 0 };

  read(connection: Connection, count: number): number {
    const some = connection.unread.splice(0, count);
    this.spool.push(...some);
    return some.length;
  }

  store(count: number): void {
    for (let left = count; left > 0 && this.#done < this.spool.length; left--) {
      const { uid, ...place } = this.spool[this.#done++]!;
      if (take(this.#origins.of('edge', 'n/central', place.at), place, place.at) !== 'again') this.stored.push(uid);
    }
  }

  makeSafe(): void {
    this.#safe = { done: this.#done, memory: JSON.stringify(this.#origins.all()), stored: this.stored.length };
  }

  /** The rows that the store has beyond *safe* are read again, and change the memory again. */
  kill(): void {
    const had = this.stored.slice(this.#safe.stored);
    const done = this.#done;
    this.#origins = new Origins();
    this.#origins.restore(JSON.parse(this.#safe.memory));
    this.#done = this.#safe.done;
    this.stored.length = this.#safe.stored;
    this.store(done - this.#done);
    assert.deepEqual(this.stored.slice(this.#safe.stored), had, 'the same rows are treated as before the crash');
  }
}

type Step = { readonly what: string; readonly count: number; readonly which: number };

const steps = (kinds: readonly string[]): fc.Arbitrary<Step[]> =>
  fc.array(fc.record({ what: fc.constantFrom(...kinds), count: fc.integer({ min: 1, max: 9 }), which: fc.nat(3) }), {
    maxLength: 80,
    size: 'max',
  });

const USUAL = ['receive', 'receive', 'send', 'send', 'read', 'read', 'store', 'safe', 'cursor', 'connect'];
const KILLS = ['kill edge', 'kill central', 'cut'];

/** Runs the steps, then connects and sends the rest. @param drained what an old connection holds is read or lost before a set-back */
function run(given: readonly Step[], drained: boolean): { edge: Edge; central: Central; passed: Set<number> } {
  const edge = new Edge();
  const central = new Central();
  let connections: Connection[] = [];
  /** Messages that the edge counts as forwarded, and would never send again. */
  const passed = new Set<number>();
  const read = (connection: Connection | undefined, count: number): void => {
    if (!connection) return;
    const taken = central.read(connection, count);
    if (connection.isOpen) edge.acknowledge(connection, taken);
  };
  const apply: Record<string, (step: Step) => void> = {
    receive: ({ count }) => edge.receive(count),
    send: ({ count }) => edge.send(count),
    read: ({ count, which }) => read(connections[which % Math.max(1, connections.length)], count),
    store: ({ count }) => central.store(count),
    safe: () => central.makeSafe(),
    cursor: () => edge.saveCursor(),
    connect: () => void connections.push(edge.connect()),
    'kill edge': ({ count }) => edge.kill(count > 5 ? count * 10 : 0),
    'kill central': () => {
      for (const connection of connections) connection.isOpen = false;
      connections = [];
      edge.connection = undefined;
      central.kill();
    },
    cut: () => {
      connections = connections.filter((connection) => connection !== edge.connection);
      edge.connection = undefined;
    },
    snapshot: () => edge.snapshot(),
    'set back': ({ which, count }) => {
      if (drained) {
        for (const connection of connections) if (count > 4) read(connection, Infinity);
        connections = [];
      }
      edge.setBack(which % Math.max(1, edge.snapshots.length));
    },
  };
  const note = (): void => {
    for (const { uid } of edge.disk.messages.slice(0, edge.disk.cursor)) passed.add(uid);
  };
  for (const step of given) {
    apply[step.what]!(step);
    note();
  }
  for (const connection of connections) if (connection !== edge.connection) read(connection, Infinity);
  read(edge.connect(), 0);
  edge.send(Infinity);
  read(edge.connection, Infinity);
  central.store(Infinity);
  return { edge, central, passed };
}

function assertNoneMissing({ edge, central, passed }: ReturnType<typeof run>): void {
  const stored = new Set(central.stored);
  for (const uid of passed) assert.ok(stored.has(uid), `message ${uid} was counted as forwarded, and is not stored`);
  for (const { uid } of edge.disk.messages) assert.ok(stored.has(uid), `message ${uid} is at the edge, and not stored`);
}

test('law: with kills, cuts and repeated messages, each message is stored once and in order', () => {
  fc.assert(
    fc.property(steps([...USUAL, ...KILLS]), (given) => {
      const { edge, central, passed } = run(given, false);
      assertNoneMissing({ edge, central, passed });
      assert.deepEqual(
        central.stored,
        edge.disk.messages.map(({ uid }) => uid),
      );
    }),
    RUNS,
  );
});

test('law: an edge that is set back to an earlier state loses no message, and none is stored twice', () => {
  fc.assert(
    fc.property(steps([...USUAL, ...KILLS, 'snapshot', 'set back', 'set back']), (given) => {
      const end = run(given, true);
      assertNoneMissing(end);
      assert.equal(new Set(end.central.stored).size, end.central.stored.length, 'a message is stored twice');
    }),
    RUNS,
  );
});

test('law: an edge that is set back loses no message even if its old connections are read later', () => {
  fc.assert(
    fc.property(steps([...USUAL, ...KILLS, 'snapshot', 'set back']), (given) => {
      const { edge, central } = run(given, false);
      const stored = new Set(central.stored);
      for (const { uid } of edge.disk.messages) assert.ok(stored.has(uid), `message ${uid} is not stored`);
    }),
    RUNS,
  );
});
