import { reasonOf } from '../../base/errors.ts';

/**
 * The other side does not accept this one notice, or it could not be written; other notices may be
 * accepted.
 */
export class Refusal extends Error {
  /** Whether no later attempt can succeed. */
  readonly permanent: boolean;

  constructor(reason: string, permanent: boolean) {
    super(reason);
    this.name = 'Refusal';
    this.permanent = permanent;
  }
}

/**
 * Returns what `write` makes of a notice.
 * @throws Refusal if it fails, so that no other notice has to wait
 */
export function written<Text>(write: () => Text): Text {
  try {
    return write();
  } catch (error) {
    throw new Refusal(`cannot write the notice: ${reasonOf(error)}`, true);
  }
}
