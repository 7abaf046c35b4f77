import { secret, shortName, shown, z } from '../../base/schema.ts';

/** How mail is sent. */
export const mailSchema = z.strictObject({
  from: z
    .string()
    .regex(/^(?:[^\r\n<>"]{1,100} )?<?[^\s@<>,;:"()\\]+@[^\s@<>,;:"()\\]+>?$/, {
      error: ({ input }) => `${shown(input)} is not a sender, e.g. logs <logs@example.org>`,
    })
    .meta({ description: 'the sender, e.g. logs <logs@example.org>' }),
  smtp: z
    .string()
    .regex(/^smtps?:\/\/(?:[^\s:@/]+@)?[^\s@/]+(?::\d{1,5})?$/, {
      error: ({ input }) => `${shown(input)} is not a mail server, e.g. smtps://user@mail.example.org:465`,
    })
    .meta({ description: 'the server: smtps:// for TLS from the start, smtp:// for STARTTLS if the server offers it' }),
  password: secret().optional().meta({ description: 'the password of the user in smtp: {file: …} or {env: …}' }),
  tls: z
    .enum(['required', 'offered', 'off'])
    .optional()
    .meta({
      description:
        'for smtp://: whether STARTTLS is required, used if offered, or off; by default required if smtp names a user, so ' +
        'that no password is sent in clear, else offered',
    }),
  max_per_hour: z
    .int()
    .min(1)
    .max(3600)
    .default(20)
    .meta({ description: 'mails an hour to one recipient; the last one is a summary of the rest' }),
  auto_submitted: z
    .boolean()
    .default(true)
    .meta({ description: 'whether to mark mails as written by a machine (RFC 3834)' }),
});
export type MailSettings = z.output<typeof mailSchema>;

/** A web server that receives notices by HTTP. */
export const webhookSchema = z.strictObject({
  kind: z.literal('webhook'),
  name: shortName().meta({ description: 'the name that rules use in to:' }),
  url: z
    .string()
    .regex(/^https?:\/\/[^\s@]+$/, { error: 'is not the address of a web server, e.g. https://example.org/hook' })
    .meta({ description: 'where notices are sent by POST' }),
  secret: secret().optional().meta({ description: 'the key that signs each notice: {file: …} or {env: …}' }),
});
export type WebhookSettings = z.output<typeof webhookSchema>;
