import { reasonOf } from '../../base/errors.ts';

/** The other side does not take this one notice, or it cannot even be written; all else may well be taken. */
export class Refusal extends Error {
  /** Whether that stays so, however often it is tried. */
  readonly permanent: boolean;

  constructor(reason: string, permanent: boolean) {
    super(reason);
    this.name = 'Refusal';
    this.permanent = permanent;
  }
}

/** What `write` makes of a notice. @throws Refusal where it fails: no other notice has to wait for that one */
export function written<Text>(write: () => Text): Text {
  try {
    return write();
  } catch (error) {
    throw new Refusal(`it cannot be written: ${reasonOf(error)}`, true);
  }
}
