import { render } from 'preact';
import { needsLogin } from './api/client.ts';
import { Help } from './frame/help.tsx';
import { listenToKeys } from './frame/keys.ts';
import { type Screen, screenOf } from './frame/screen.ts';
import { keepSettings } from './state/settings.ts';
import { TopBar } from './frame/topbar.tsx';
import { LoginScreen } from './screens/login.tsx';
import { SearchScreen } from './screens/search.tsx';
import { readSession } from './state/session.ts';
import { followLinks, path } from './state/view.ts';
import './style/index.css';

/**
 * The screens, in the order of the top bar. To add one: write `screens/<name>.tsx` with one component that returns a
 * `<main>`, and add a line here. Ask the server by `ask` and `change` of `api/client.ts`; show what others wrote by
 * `<Text>` of `text/text.tsx` alone; take the zone from `state/view.ts`. Its looks go into `style/<name>.css`, imported by
 * `style/index.css`. Links between screens are plain `<a href>`.
 */
const SCREENS: readonly Screen[] = [{ path: '/', name: 'Search', component: SearchScreen, key: 's' }];

function Page() {
  const { component: Component } = screenOf(SCREENS, path.value);
  const isLogin = needsLogin.value || path.value === '/login';
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: only links are acted on, and Enter clicks a link.
    <div class="page" onClick={followLinks}>
      <TopBar screens={isLogin ? [] : SCREENS} />
      {isLogin ? <LoginScreen /> : <Component />}
      <Help />
    </div>
  );
}

keepSettings();
listenToKeys(SCREENS);
// A link that logs in says who one is by itself.
if (!location.hash || location.pathname !== '/login') void readSession();
render(<Page />, document.getElementById('page')!);
