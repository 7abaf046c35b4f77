import type { ReadonlySignal } from '@preact/signals';
import type { ComponentType } from 'preact';

/** A screen of the page: one file in `screens/`, and one line in `main.tsx`. */
export type Screen = {
  /** The path of its address; `/m/` with a slash at the end holds all paths that begin so. */
  readonly path: string;
  /** Its name in the top bar; a screen without one is reached by links alone. */
  readonly name?: string;
  readonly component: ComponentType;
  /** Whether it shows more than single messages: users who see only some do not get it. */
  readonly isWhole?: true;
  /** The key that leads to it after `g`. */
  readonly key?: string;
  /** A few characters beside its name, for example how many hosts are silent. */
  readonly badge?: ReadonlySignal<string>;
};

/** The screen of a path; the first one if no screen has it. */
export function screenOf(screens: readonly Screen[], path: string): Screen {
  const found = screens.find((screen) =>
    screen.path.length > 1 && screen.path.endsWith('/') ? path.startsWith(screen.path) : path === screen.path,
  );
  return found ?? screens[0]!;
}
