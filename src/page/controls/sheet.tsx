import type { ComponentChildren } from 'preact';
import type { Asked } from '../state/answer.ts';
import { Text } from '../text/text.tsx';

type SheetProps = {
  readonly title: string;
  /** Beside the title: what is to be known at once. */
  readonly about?: ComponentChildren;
  /** Controls of the whole screen. */
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
};

/** A screen that scrolls as a whole: a title, and sections below it. */
export function Sheet({ title, about, tools, children }: SheetProps) {
  return (
    <main class="sheet">
      <div class="sheet-inner">
        <header class="sheet-head">
          <h1>{title}</h1>
          {about && <p class="sheet-about">{about}</p>}
          {tools && <div class="sheet-tools">{tools}</div>}
        </header>
        {children}
      </div>
    </main>
  );
}

type PartProps<Answer> = {
  readonly asked: Asked<Answer>;
  readonly children: (answer: Answer) => ComponentChildren;
};

/** What an answer shows, or why it is missing. An old answer stays below the reason. */
export function Part<Answer>({ asked, children }: PartProps<Answer>) {
  return (
    <>
      {asked.fault && (
        <p class="banner" role="alert">
          <Text text={asked.fault} />
        </p>
      )}
      {asked.value !== undefined && children(asked.value)}
      {asked.value === undefined && !asked.fault && (
        <p class="hint" aria-busy="true">
          loading
        </p>
      )}
    </>
  );
}
