import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { BSON } from 'mongodb';

const OP_MSG = 2013;
const OP_REPLY = 1;
/** A body of OP_MSG begins here: header, flags, kind of the first section. */
const MSG_BODY = 21;
/** The document of OP_REPLY, which answers a driver's first `hello`, begins here. */
const REPLY_BODY = 36;

/**
 * Stands before a mongod as a mongos stands before a shard, as far as clocks go: it says that it is a router, its
 * `hello` has its own time, and it puts its own time in place of `$$NOW` before the mongod sees it. It spreads nothing.
 */
export class FakeRouter implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param ahead how far its clock is ahead of the mongod's, ms */
  static async start(mongod: number, ahead: number): Promise<FakeRouter> {
    const router = new FakeRouter(createServer());
    router.#server.on('connection', (client) => {
      const shard = connect(mongod, '127.0.0.1');
      for (const socket of [client, shard]) {
        router.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          client.destroy();
          shard.destroy();
        });
      }
      eachMessage(client, (message) => shard.write(request(message, ahead)));
      eachMessage(shard, (message) => client.write(reply(message, ahead)));
    });
    router.#server.listen(0, '127.0.0.1');
    await once(router.#server, 'listening');
    return router;
  }

  get uri(): string {
    return `mongodb://127.0.0.1:${(this.#server.address() as { port: number }).port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function eachMessage(socket: Socket, take: (message: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 16 && rest.length >= rest.readInt32LE(0)) {
      const size = rest.readInt32LE(0);
      take(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
  });
}

function request(message: Buffer, ahead: number): Buffer {
  if (message.readInt32LE(12) !== OP_MSG || message[MSG_BODY - 1] !== 0 || !message.includes('$$NOW')) return message;
  return replaceBody(message, MSG_BODY, (command) => withNow(command, new Date(Date.now() + ahead)) as BSON.Document);
}

function reply(message: Buffer, ahead: number): Buffer {
  const at = message.readInt32LE(12) === OP_REPLY ? REPLY_BODY : MSG_BODY;
  if (!message.includes('maxWireVersion')) return message;
  return replaceBody(message, at, ({ setName: _, hosts: _h, primary: _p, me: _m, setVersion: _v, ...hello }) => {
    return { ...hello, msg: 'isdbgrid', localTime: new Date(Date.now() + ahead) };
  });
}

function replaceBody(message: Buffer, at: number, change: (body: BSON.Document) => BSON.Document): Buffer {
  const end = at + message.readInt32LE(at);
  const body = BSON.deserialize(message.subarray(at, end), { promoteValues: false, bsonRegExp: true });
  const changed = Buffer.concat([message.subarray(0, at), BSON.serialize(change(body)), message.subarray(end)]);
  changed.writeInt32LE(changed.length, 0);
  return changed;
}

function withNow(value: unknown, now: Date): unknown {
  if (value === '$$NOW') return now;
  if (Array.isArray(value)) return value.map((one) => withNow(one, now));
  if (Object.prototype.toString.call(value) !== '[object Object]' || (value as { _bsontype?: string })._bsontype)
    return value;
  return Object.fromEntries(Object.entries(value as object).map(([key, one]) => [key, withNow(one, now)]));
}
