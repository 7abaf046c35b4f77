import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A mail as a server took it. */
export type Taken = {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly mail: ParsedMail;
};

export type SmtpOptions = {
  readonly port?: number;
  /** Whoever sends has to know it. */
  readonly login?: { readonly user: string; readonly password: string };
  /** Called for each recipient; what it throws refuses the address. */
  readonly onRecipient?: (address: string) => void;
  /** Called for each mail before it is taken; what it throws refuses the mail. */
  readonly onMail?: (taken: Taken) => void | Promise<void>;
};

/** The answer of a mail server that refuses something, e.g. 550 `no such user`. */
export function refusal(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}

/** A real mail server on the loopback, which remembers what it took. */
export class Smtp implements AsyncDisposable {
  readonly mails: Taken[] = [];
  readonly #server: SMTPServer;

  private constructor(options: SmtpOptions) {
    const { login, onMail, onRecipient } = options;
    this.#server = new SMTPServer({
      authOptional: login === undefined,
      allowInsecureAuth: true,
      disabledCommands: ['STARTTLS', ...(login ? [] : ['AUTH'])],
      logger: false,
      onAuth: ({ username, password }, _, done) =>
        username === login?.user && password === login?.password
          ? done(null, { user: username })
          : done(new Error('wrong user or password')),
      onRcptTo: ({ address }, _, done) => {
        try {
          onRecipient?.(address);
          done();
        } catch (error) {
          done(error as Error);
        }
      },
      onData: (stream, { envelope }, done) => {
        const take = async (): Promise<void> => {
          const chunks: Buffer[] = [];
          for await (const chunk of stream) chunks.push(chunk as Buffer);
          const raw = Buffer.concat(chunks);
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          const taken: Taken = {
            from,
            to: envelope.rcptTo.map(({ address }) => address),
            raw: raw.toString('utf8'),
            mail: await simpleParser(raw),
          };
          await onMail?.(taken);
          this.mails.push(taken);
        };
        take().then(
          () => done(),
          (error: Error) => done(error),
        );
      },
    });
    this.#server.on('error', () => {});
  }

  static async start(options: SmtpOptions = {}): Promise<Smtp> {
    const smtp = new Smtp(options);
    await new Promise<void>((resolve) => smtp.#server.listen(options.port ?? 0, '127.0.0.1', resolve));
    return smtp;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
