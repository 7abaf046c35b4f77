import { effect, signal } from '@preact/signals';

/** What depends on the device and not on what is seen: it stays in this browser. */
const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

export const theme = signal<Theme>(THEMES.find((one) => one === read('theme')) ?? 'system');
/** Single letters as keys can be switched off (WCAG 2.1.4). */
export const hasKeys = signal(read('keys') !== 'off');
/** Whether the histogram shows errors alone. */
export const errorsOnly = signal(read('errors') === 'only');

/** The look in force, for what is drawn and not styled. */
export const isDark = signal(false);

const system = matchMedia('(prefers-color-scheme: dark)');
system.addEventListener('change', apply);

/** Keeps the page in the chosen look. */
export function keepSettings(): void {
  effect(() => {
    apply();
    write('theme', theme.value);
    write('keys', hasKeys.value ? 'on' : 'off');
    write('errors', errorsOnly.value ? 'only' : 'all');
  });
}

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]!;
}

function apply(): void {
  const dark = theme.value === 'system' ? system.matches : theme.value === 'dark';
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  isDark.value = dark;
}

/** A browser may forbid storage; then the settings last as long as the page. */
function read(name: string): string | null {
  try {
    return localStorage.getItem(`cordwood.${name}`);
  } catch {
    return null;
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(`cordwood.${name}`, value);
  } catch {
    // Nothing depends on it.
  }
}
