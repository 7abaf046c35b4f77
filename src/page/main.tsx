import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { needsLogin } from './api/client.ts';
import { lazily } from './controls/lazily.tsx';
import { NoticeBar } from './controls/notice.tsx';
import { QuestionDialog } from './controls/question.tsx';
import { Help } from './frame/help.tsx';
import { listenToKeys } from './frame/keys.ts';
import { type Screen, screenOf } from './frame/screen.ts';
import { keepSettings } from './state/settings.ts';
import { TopBar } from './frame/topbar.tsx';
import { LoginScreen } from './screens/login.tsx';
import { SearchScreen } from './screens/search.tsx';
import { firingRules, keepBadges, silentHosts } from './state/badges.ts';
import { readSession } from './state/session.ts';
import { followLinks, path } from './state/view.ts';
import './style/index.css';

const other = (name: keyof typeof import('./screens/others.ts')) =>
  lazily(async () => (await import('./screens/others.ts'))[name]);

/**
 * The screens, in the order of the top bar. To add one: write `screens/<name>.tsx` with one component that returns a
 * `<main>`, name it in `screens/others.ts`, and add a line here. Ask the server by `ask` and `change` of `api/client.ts`;
 * show what others wrote by `<Text>` of `text/text.tsx` alone; take the zone from `state/view.ts`; ask before a change by
 * `askFirst` of `state/asking.ts`. Its looks go into `style/<name>.css`, imported by `style/index.css`. Links between
 * screens are plain `<a href>`.
 */
const SCREENS: readonly Screen[] = [
  { path: '/', name: 'Search', component: SearchScreen, key: 's' },
  { path: '/hosts', name: 'Hosts', component: other('HostsScreen'), isWhole: true, key: 'h', badge: silentHosts },
  { path: '/alerts', name: 'Alerts', component: other('AlertsScreen'), isWhole: true, key: 'a', badge: firingRules },
  { path: '/streams', name: 'Streams', component: other('StreamsScreen'), isWhole: true, key: 't' },
  { path: '/account', name: 'Account', component: other('AccountScreen'), isWhole: true, key: 'c' },
  { path: '/saved', name: 'Saved', component: other('SavedScreen'), key: 'v' },
  { path: '/m/', component: other('MessageScreen') },
];

function Page() {
  const { component: Component, name } = screenOf(SCREENS, path.value);
  const isLogin = needsLogin.value || path.value === '/login';
  useEffect(() => {
    document.title = `${isLogin ? 'Log in' : (name ?? 'Message')} · Cordwood`;
  }, [isLogin, name]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: only links are acted on, and Enter clicks a link.
    <div class="page" onClick={followLinks}>
      <TopBar screens={isLogin ? [] : SCREENS} />
      {isLogin ? <LoginScreen /> : <Component />}
      <NoticeBar />
      <QuestionDialog />
      <Help />
    </div>
  );
}

keepSettings();
keepBadges();
listenToKeys(SCREENS);
// A link that logs in says who one is by itself.
if (!location.hash || location.pathname !== '/login') void readSession();
render(<Page />, document.getElementById('page')!);
