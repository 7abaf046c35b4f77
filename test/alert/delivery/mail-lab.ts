import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Notifier } from '../../../src/alert/delivery/notifier.ts';
import type { OutboxStatus } from '../../../src/alert/notices/outbox-status.ts';
import { outboxStatus } from '../../../src/alert/delivery/outbox.ts';
import { openMail } from '../../../src/alert/delivery/notifiers/mail.ts';
import { mailSchema } from '../../../src/alert/delivery/settings.ts';
import { Smtp, type SmtpOptions } from '../../support/smtp.ts';
import { alertServiceOf, Lab } from '../lab.ts';

/** A rule that fires at the first line with the word `fire`. */
export const RULE = { kind: 'match', query: 'fire', schedule: '* * * * *', window: '5m', to: ['ops@example.org'] };
/** Long enough for a loopback, short enough for a test. */
export const patience = { connect: 500, silence: 500, whole: 1500 };

/** Settings of a notifier by mail that a test changes. */
export type Extra = { readonly scheme?: string; readonly tls?: string };

/** A notifier that sends its mails to this port of 127.0.0.1. */
export function mailTo(port: number, { scheme = 'smtp', ...settings }: Extra = {}): Notifier {
  const smtp = `${scheme}://127.0.0.1:${port}`;
  return openMail({
    settings: mailSchema.parse({ from: 'logs@example.org', smtp, ...settings }),
    version: '1',
    patience,
  });
}

/** A rule that has just fired, with a mail server whose answers the test decides. */
export async function fired(options: SmtpOptions, to: readonly string[] = RULE.to) {
  const smtp = await Smtp.start(options);
  const notifier = mailTo(smtp.port);
  const lab = new Lab([{ ...RULE, to }], { notifier });
  await lab.passTo(1);
  await lab.arrive([{ text: 'fire' }]);
  await lab.passTo(2);
  const service = alertServiceOf(lab);
  return {
    ...{ lab, smtp, service },
    outbox: (): OutboxStatus => outboxStatus(lab.delivered!.deliveries, lab.now),
    [Symbol.asyncDispose]: async () => {
      await notifier[Symbol.asyncDispose]();
      await smtp[Symbol.asyncDispose]();
    },
  };
}

/** A port that serves each connection by hand, until the test ends. */
export async function portOf(serve: (socket: Socket) => void): Promise<Disposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    serve(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
