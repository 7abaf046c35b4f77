import { useEffect, useRef } from 'preact/hooks';
import { logOut, session } from '../state/session.ts';
import { path } from '../state/view.ts';
import type { Screen } from './screen.ts';
import { showsHelp } from './help.tsx';
import { nextTheme, theme } from '../state/settings.ts';
import { Menu } from '../controls/menu.tsx';
import { Text } from '../text/text.tsx';

/** The name, the screens, who is logged in, and the look. */
export function TopBar({ screens }: { screens: readonly Screen[] }) {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    // In a narrow window the screens scroll sideways.
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [path.value, screens.map(({ badge }) => badge?.value).join()]);
  return (
    <header class="top-bar">
      <a class="name" href="/">
        Cordwood
      </a>
      <nav aria-label="Screens" ref={nav}>
        {screens
          .filter(({ name, isWhole }) => name !== undefined && !(isWhole && session.value?.only !== undefined))
          .map(({ name, path: to, badge }) => (
            <a key={to} href={to} aria-current={path.value === to ? 'page' : undefined}>
              {name}
              {badge?.value && <span class="badge">{badge.value}</span>}
            </a>
          ))}
      </nav>
      <div class="top-end">
        <button
          type="button"
          class="quiet"
          title="Keys and query language (?)"
          aria-label="Help"
          onClick={() => (showsHelp.value = true)}
        >
          ?
        </button>
        <button
          type="button"
          class="quiet"
          title={`Theme: ${theme.value} (t)`}
          aria-label={`Theme: ${theme.value}`}
          onClick={nextTheme}
        >
          {{ system: '◐', light: '○', dark: '●' }[theme.value]}
        </button>
        {session.value && (
          <Menu title="Who is logged in" label={<Text text={session.value.user} />}>
            {() => (
              <div class="column-menu">
                <p class="hint">
                  role {session.value?.role}
                  {session.value?.only !== undefined && `, only ${session.value.only}`}
                </p>
                <button type="button" onClick={() => void logOut()}>
                  log out
                </button>
              </div>
            )}
          </Menu>
        )}
      </div>
    </header>
  );
}
