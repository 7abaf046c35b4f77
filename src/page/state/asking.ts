import { signal } from '@preact/signals';

/** A value that a question asks for beside its yes. */
export type Field = {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly isRequired?: boolean;
  /** Values to choose among with a click; others can be typed. */
  readonly offers?: readonly string[];
};

/** What a change did, in a sentence, and how it is taken back if it can be. */
export type Done = { readonly said: string; readonly undo?: () => Promise<Done> };

/** Asked once before anything is changed. All of its texts may hold names that others chose. */
export type Question = {
  readonly title: string;
  /** What will happen. */
  readonly text: string;
  readonly fields?: readonly Field[];
  /** What the button says, a verb. */
  readonly action: string;
  /** @throws Failure with a sentence that is shown beside the fields */
  readonly run: (values: Readonly<Record<string, string>>) => Promise<Done>;
};

type Notice = Done & { readonly isFault?: true };

/** The question on the screen. */
export const question = signal<Question | undefined>(undefined);
/** What the last change did. */
export const notice = signal<Notice | undefined>(undefined);

export function askFirst(asked: Question): void {
  question.value = asked;
}

/** Takes the last change back. */
export async function undo(): Promise<void> {
  const takeBack = notice.value?.undo;
  notice.value = undefined;
  if (!takeBack) return;
  try {
    notice.value = await takeBack();
  } catch (error) {
    notice.value = { said: error instanceof Error ? error.message : String(error), isFault: true };
  }
}
